/*
 * The credential that the user chose to keep for this tab. Other consoles of the same origin, under other paths, have their own.
 */

const KEY = `stagepass ${location.pathname}`;

/** The kept credential; null without one. */
export function keptCredential(): string | null {
  return storage()?.getItem(KEY) ?? null;
}

/** Keeps a credential until the tab is closed; null forgets it. */
export function keepCredential(credential: string | null): void {
  if (credential === null) storage()?.removeItem(KEY);
  else storage()?.setItem(KEY, credential);
}

/** The tab's storage; null where the browser blocks it, as it does without cookies. */
function storage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}
