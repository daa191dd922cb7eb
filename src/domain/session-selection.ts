/** Which sessions: all of them, or those with one of these IDs, one of these names, or a name that begins so. */
export interface SessionSelection {
  readonly all: boolean;
  readonly ids: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** An empty one is that of every name; a session without a name still has none. */
  readonly namePrefixes: readonly string[];
}

/** Which names a list is about: one, or all that begin so. */
export type NameFilter = { readonly name: string } | { readonly prefix: string };

/** The sessions of a selection that a filter of names leaves. */
export interface NarrowedSelection extends SessionSelection {
  /** Which names the sessions selected by ID must have; without it they may have any, or none. */
  readonly namesOfIds?: NameFilter;
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
export function selectsByPrefix({ namePrefixes }: Pick<SessionSelection, "namePrefixes">): boolean {
  return namePrefixes.length > 0;
}

/** Whether a list of the sessions is ordered by name, and not newest first: no index has the newest of many names at hand. */
export function isByName({ all, namesOfIds, ...selection }: NarrowedSelection): boolean {
  return !all && (selectsByPrefix(selection) || (namesOfIds !== undefined && "prefix" in namesOfIds));
}

/** The same sessions, with no name and no prefix that another prefix covers: each name is selected by one of them at most. */
export function normalized(selection: NarrowedSelection): NarrowedSelection {
  if (selection.all) return ALL_SESSIONS;
  const { names, namePrefixes } = selection;
  const prefixes: string[] = [];
  // A prefix comes before all that it begins, so it is enough to look at the one kept last.
  for (const prefix of [...namePrefixes].sort()) {
    const last = prefixes.at(-1);
    if (last === undefined || !prefix.startsWith(last)) prefixes.push(prefix);
  }
  const others = [...names].filter((name) => !prefixes.some((prefix) => name.startsWith(prefix)));
  return { ...selection, names: new Set(others), namePrefixes: prefixes };
}

/** The sessions of a selection whose names a filter allows: each part stays a name, a prefix or a list of IDs. */
export function narrowed(selection: SessionSelection, filter: NameFilter | null): NarrowedSelection {
  if (filter === null) return selection;
  if (selection.all) return { ...NO_SESSIONS, ...selectionOf(filter) };
  const { ids, names, namePrefixes } = selection;
  const byId = { ids, namesOfIds: filter };
  if ("name" in filter) {
    return { ...NO_SESSIONS, ...byId, ...(isNameSelected(selection, filter.name) && selectionOf(filter)) };
  }
  const { prefix } = filter;
  const isWider = namePrefixes.some((granted) => prefix.startsWith(granted));
  return {
    all: false,
    ...byId,
    names: new Set([...names].filter((name) => name.startsWith(prefix))),
    namePrefixes: isWider ? [prefix] : namePrefixes.filter((granted) => granted.startsWith(prefix)),
  };
}

function selectionOf(filter: NameFilter): Partial<SessionSelection> {
  return "name" in filter ? { names: new Set([filter.name]) } : { namePrefixes: [filter.prefix] };
}
