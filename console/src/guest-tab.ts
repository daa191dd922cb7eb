import type { Role } from "./generated/documents.ts";

/** A virtual participant: its token, for which session, and with which role. */
export interface Guest {
  readonly token: string;
  readonly sessionId: string;
  readonly role: Role;
}

/** The hash of the guest's page. The token is not in it, because addresses leak. */
export const GUEST = "#/guest";

/** What the guest's tab asks of the tab that opened it. */
const ASK = "stagepass: token of the guest";

/**
 * Opens the guest's page in a tab, and gives it its token when it asks, also after it is loaded again.
 *
 * @returns false if the browser blocks the tab
 */
export function openGuestTab(guest: Guest): boolean {
  const tab = window.open(GUEST);
  if (tab === null) return false;
  addEventListener("message", ({ source, origin, data }) => {
    if (source === tab && origin === location.origin && data === ASK) tab.postMessage(guest, origin);
  });
  return true;
}

/** Asks the tab that opened this one for the token. Returns a function that stops listening; null without such a tab. */
export function askForGuest(onGuest: (guest: Guest) => void): (() => void) | null {
  const opener = window.opener as Window | null;
  if (opener === null || opener.closed) return null;
  const listen = ({ source, origin, data }: MessageEvent) => {
    if (source === opener && origin === location.origin && typeof data?.token === "string") onGuest(data);
  };
  addEventListener("message", listen);
  opener.postMessage(ASK, location.origin);
  return () => removeEventListener("message", listen);
}
