import { useEffect, useRef, useSyncExternalStore } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Role } from "../generated/documents.ts";
import { ROLES } from "../labels.ts";
import { countOf, type Periods } from "../periods.ts";

/** In pixels. The style sheet reserves this space. */
const HEIGHT = 180;

const compact = new Intl.NumberFormat(undefined, { notation: "compact" });

interface Props {
  readonly periods: Periods;
  readonly roles: readonly Role[];
  /** Whether the periods are in UTC, not in the user's time zone. */
  readonly isUtc: boolean;
}

/** Stacked bars. Each series is the sum of its role and the roles before it; the highest is drawn first. */
export default function Bars({ periods, roles, isUtc }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const dark = useDarkScheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the effect reads the colors again when the scheme changes
  useEffect(() => {
    const element = host.current;
    const [first, second] = periods;
    if (!element || !first || !second) return;
    const style = getComputedStyle(element);
    const starts = periods.map(({ startsAt }) => new Date(startsAt).getTime() / 1000);
    const length = new Date(second.startsAt).getTime() / 1000 - new Date(first.startsAt).getTime() / 1000;
    const stacked = roles.map((_, i) =>
      periods.map((period) => roles.slice(0, i + 1).reduce((sum, role) => sum + countOf(period, role), 0)),
    );
    const axis = {
      stroke: style.color,
      grid: { stroke: style.borderTopColor, width: 1 },
      ticks: { show: false },
    };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: () => [starts[0] ?? 0, (starts.at(-1) ?? 0) + length] },
          y: { range: (_, _least, most) => [0, Math.max(4, Math.ceil(most * 1.1))] },
        },
        tzDate: (seconds) => {
          const date = new Date(seconds * 1000);
          return isUtc ? uPlot.tzDate(date, "UTC") : date;
        },
        axes: [
          axis,
          {
            ...axis,
            size: 44,
            values: (_, ticks) => ticks.map((tick) => compact.format(tick)),
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 1e4, 1e5],
          },
        ],
        series: [
          {},
          ...roles
            .map((role) => ({
              label: ROLES[role],
              fill: colourOf(role),
              width: 0,
              points: { show: false },
              paths: uPlot.paths.bars?.({ size: [0.8, 48], align: 1 }),
            }))
            .toReversed(),
        ],
      },
      [starts, ...stacked.toReversed()],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [periods, roles.join(), isUtc, dark]);

  return (
    <div
      ref={host}
      className="chart"
      role="img"
      aria-label="Bar chart of issued tokens over time, by role. The table below has the numbers."
    />
  );
}

/** The color of a role in the current color scheme. */
function colourOf(role: Role): string {
  const swatch = document.querySelector(`.legend .${role.toLowerCase()}`);
  return swatch ? getComputedStyle(swatch).backgroundColor : "gray";
}

const SCHEME = matchMedia("(prefers-color-scheme: dark)");

function useDarkScheme(): boolean {
  return useSyncExternalStore(
    (follow) => {
      SCHEME.addEventListener("change", follow);
      return () => SCHEME.removeEventListener("change", follow);
    },
    () => SCHEME.matches,
  );
}
