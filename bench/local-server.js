/** The server on the local platform, as a program that `withPrograms` starts. */
import { CALLER_ENV } from "./caller.js";
import { API_KEY, API_SECRET } from "./project.js";

export const localServer = (env = {}) => ({
  script: "../bundle/cli.js",
  env: {
    ...CALLER_ENV,
    PORT: "0",
    DATABASE_URL: ":memory:",
    PLATFORM: "local",
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    // The bare server keeps neither log nor ledger.
    LOG_LEVEL: "error",
    LEDGER: "off",
    ...env,
  },
});
