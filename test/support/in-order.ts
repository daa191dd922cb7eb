import type { Session } from "../../src/domain/session.ts";
import { type SessionSelection, selectsByPrefix } from "../../src/domain/session-selection.ts";

/** Sessions in the order of a list with this selection, given in creation order. */
export function inOrder(selection: SessionSelection, sessions: readonly Session[]): Session[] {
  const newestFirst = [...sessions].reverse();
  if (selection.all || !selectsByPrefix(selection)) return newestFirst;
  const key = ({ name }: Session) => Buffer.from(name === null ? "" : `named ${name}`);
  return newestFirst.sort((a, b) => Buffer.compare(key(a), key(b)));
}
