/**
 * The server in the Vonage environment. At each line on standard input it begins to measure its event loop, or ends
 * and prints the 99th percentile of the delay, in milliseconds.
 */
import { generateKeyPairSync } from "node:crypto";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { CALLER_ENV } from "./caller.js";
import { APPLICATION_ID } from "./project.js";
import { serve } from "./serve.js";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const env = {
  ...CALLER_ENV,
  NODE_ENV: "production",
  PORT: "0",
  DATABASE_URL: ":memory:",
  PLATFORM: "vonage",
  VONAGE_APPLICATION_ID: APPLICATION_ID,
  VONAGE_PRIVATE_KEY: privateKey,
  LOG_LEVEL: "warn",
};

const delay = monitorEventLoopDelay({ resolution: 1 });
await serve(env, {
  begin() {
    delay.reset();
    delay.enable();
  },
  end() {
    delay.disable();
    return delay.percentile(99) / 1e6;
  },
});
