/** Which sessions: all of them, or those with one of these IDs, one of these names, or a name that begins so. */
export interface SessionSelection {
  readonly all: boolean;
  readonly ids: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** An empty one is that of every name; a session without a name still has none. */
  readonly namePrefixes: readonly string[];
}

export const NO_SESSIONS: SessionSelection = {
  all: false,
  ids: new Set(),
  names: new Set(),
  namePrefixes: [],
};

export const ALL_SESSIONS: SessionSelection = { ...NO_SESSIONS, all: true };

/** Whether no session can be among them. */
export function isEmpty(selection: SessionSelection): boolean {
  return !selection.all && selection.ids.size === 0 && !selectsByName(selection);
}

/** Whether the name of a session can decide; otherwise its ID alone does, and nobody need look the name up. */
export function selectsByName({ names, namePrefixes }: SessionSelection): boolean {
  return names.size > 0 || namePrefixes.length > 0;
}

/** Whether a session is among them. `name` is null when it has none. */
export function isSelected(selection: SessionSelection, sessionId: string, name: string | null): boolean {
  if (selection.all || selection.ids.has(sessionId)) return true;
  return name !== null && isNameSelected(selection, name);
}

/** Whether every session of a name is among them. */
export function isNameSelected({ all, names, namePrefixes }: SessionSelection, name: string): boolean {
  return all || names.has(name) || namePrefixes.some((prefix) => name.startsWith(prefix));
}

/** Whether a name's beginning can decide. */
export function selectsByPrefix({ namePrefixes }: SessionSelection): boolean {
  return namePrefixes.length > 0;
}

/** The same sessions, with no name and no prefix that another prefix covers: each name is selected by one of them at most. */
export function normalized(selection: SessionSelection): SessionSelection {
  if (selection.all) return ALL_SESSIONS;
  const { ids, names, namePrefixes } = selection;
  const prefixes: string[] = [];
  // A prefix comes before all that it begins, so it is enough to look at the one kept last.
  for (const prefix of [...namePrefixes].sort()) {
    const last = prefixes.at(-1);
    if (last === undefined || !prefix.startsWith(last)) prefixes.push(prefix);
  }
  const others = [...names].filter((name) => !prefixes.some((prefix) => name.startsWith(prefix)));
  return { all: false, ids, names: new Set(others), namePrefixes: prefixes };
}
