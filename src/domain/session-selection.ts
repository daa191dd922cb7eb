/** A selection of sessions: all, or those with one of the IDs, names or name prefixes. */
export interface SessionSelection {
  readonly all: boolean;
  readonly ids: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** The empty prefix selects every session with a name. */
  readonly namePrefixes: readonly string[];
}

/** A filter of names: one name, or all names with a prefix. */
export type NameFilter = { readonly name: string } | { readonly prefix: string };

/** A selection that a filter of names has narrowed. */
export interface NarrowedSelection extends SessionSelection {
  /** The filter for the names of sessions selected by ID; without it they may have any name, or none. */
  readonly namesOfIds?: NameFilter;
}

export const NO_SESSIONS: SessionSelection = {
  all: false,
  ids: new Set(),
  names: new Set(),
  namePrefixes: [],
};

export const ALL_SESSIONS: SessionSelection = { ...NO_SESSIONS, all: true };

/** Whether a selection is empty. */
export function isEmpty(selection: SessionSelection): boolean {
  return !selection.all && selection.ids.size === 0 && !selectsByName(selection);
}

/** Whether the selection depends on names; otherwise IDs alone decide, without a look-up of the name. */
export function selectsByName({ names, namePrefixes }: SessionSelection): boolean {
  return names.size > 0 || namePrefixes.length > 0;
}

/** Whether a session is selected. `name` is null if the session has no name. */
export function isSelected(selection: SessionSelection, sessionId: string, name: string | null): boolean {
  if (selection.all || selection.ids.has(sessionId)) return true;
  return name !== null && isNameSelected(selection, name);
}

/** Whether every session with a name is selected. */
export function isNameSelected({ all, names, namePrefixes }: SessionSelection, name: string): boolean {
  return all || names.has(name) || namePrefixes.some((prefix) => name.startsWith(prefix));
}

/** Whether the selection depends on name prefixes. */
export function selectsByPrefix({ namePrefixes }: Pick<SessionSelection, "namePrefixes">): boolean {
  return namePrefixes.length > 0;
}

/** Whether the list is ordered by name instead of newest first, because no index has the newest sessions of many names. */
export function isByName({ all, namesOfIds, ...selection }: NarrowedSelection): boolean {
  return !all && (selectsByPrefix(selection) || (namesOfIds !== undefined && "prefix" in namesOfIds));
}

/** The same selection without names and prefixes that another prefix covers, so at most one entry selects each name. */
export function normalized(selection: NarrowedSelection): NarrowedSelection {
  if (selection.all) return ALL_SESSIONS;
  const { names, namePrefixes } = selection;
  const prefixes: string[] = [];
  // A prefix sorts before every text that begins with it, so it is enough to check the last kept prefix.
  for (const prefix of [...namePrefixes].sort()) {
    const last = prefixes.at(-1);
    if (last === undefined || !prefix.startsWith(last)) prefixes.push(prefix);
  }
  const others = [...names].filter((name) => !prefixes.some((prefix) => name.startsWith(prefix)));
  return { ...selection, names: new Set(others), namePrefixes: prefixes };
}

/** The part of a selection that a filter of names allows, as names, prefixes and IDs. */
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
