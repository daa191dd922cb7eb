/** The server on the local platform, as a program for `withPrograms`. */
import { API_KEY, API_SECRET, CALLER_SECRET } from "./project.js";

/** The built server. */
const ENTRY = "../bundle/cli.js";

export const localServer = (env = {}) => ({
  script: ENTRY,
  env: {
    AUTH_JWT_SECRET: CALLER_SECRET,
    TOKENS_PER_MINUTE: "999999999",
    SESSIONS_PER_MINUTE: "999999999",
    PORT: "0",
    DATABASE_URL: ":memory:",
    PLATFORM: "local",
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    // The bare server has no log and no ledger.
    LOG_LEVEL: "error",
    LEDGER: "off",
    ...env,
  },
});

/** A server under `watch-event-loop.js`. */
export const watched = (server) => ({
  ...server,
  nodeOptions: ["--import", new URL("watch-event-loop.js", import.meta.url).href],
});
