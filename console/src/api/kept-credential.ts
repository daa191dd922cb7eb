import { GUEST } from "../guest-tab.ts";

/*
 * The credential that the user chose to keep for this tab. Other consoles of the same origin, under other paths, have their own.
 */

const KEY = `stagepass ${location.pathname}`;

/** The kept credential; null without one, and in the tab of a guest. */
export function keptCredential(): string | null {
  // The browser gives the tab that a console opens a copy of its storage, which signing out would leave.
  if (location.hash === GUEST) keepCredential(null);
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
