/** Who asks while a server is soaked. */
import { callerJwt } from "../caller.js";

const CALLERS = 8;
/** How often they sign in anew, in milliseconds. */
const RENEWAL_MS = 60_000;
const CLAIMS = {
  scope: "tokens:create tokens:inspect sessions:create sessions:read ledger:read",
  video_grant: {
    roles: ["SUBSCRIBER", "PUBLISHER", "PUBLISHER_ONLY", "MODERATOR"],
    sessions: ["*"],
    names: ["*"],
  },
};

const credentials = [];
let signedIn = Number.NEGATIVE_INFINITY;

/** What a caller proves itself with; there are several of them, who sign in anew from time to time. */
export function credentialOf(i) {
  if (performance.now() - signedIn > RENEWAL_MS) {
    signedIn = performance.now();
    for (let caller = 0; caller < CALLERS; caller++)
      credentials[caller] = callerJwt(`soak-${caller}`, CLAIMS);
  }
  return `Bearer ${credentials[i % CALLERS]}`;
}
