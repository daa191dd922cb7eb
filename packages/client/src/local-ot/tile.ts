import type { WidgetProperties } from "./opentok.ts";

/** Shows a coloured tile in place of video. */
export function showTile(
  className: string,
  name: string,
  target: HTMLElement | string | undefined,
  { insertMode = "replace", width = 264, height = 198 }: WidgetProperties = {},
): HTMLElement {
  const tile = document.createElement("div");
  tile.className = `OT_root ${className}`;
  tile.textContent = name;
  // A strict Content Security Policy allows the style of an element, but no attribute `style`.
  Object.assign(tile.style, {
    width: cssLength(width),
    height: cssLength(height),
    display: "grid",
    placeItems: "center",
    overflow: "hidden",
    color: "#fff",
    // White text has a contrast of more than 4.5 on each of these colours.
    backgroundColor: `hsl(${hueOf(name)} 60% 28%)`,
  });
  const place = typeof target === "string" ? document.getElementById(target) : target;
  if (!place) document.body.append(tile);
  else if (insertMode === "append") place.append(tile);
  else if (insertMode === "before") place.before(tile);
  else if (insertMode === "after") place.after(tile);
  else place.replaceWith(tile);
  return tile;
}

function cssLength(value: string | number): string {
  return typeof value === "number" ? `${value}px` : value;
}

/** The same colour for the same name, in degrees. */
function hueOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return hash;
}
