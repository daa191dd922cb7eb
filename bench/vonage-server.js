/**
 * The server in the Vonage environment. At each line on standard input it begins to measure its event loop, or ends
 * and prints the 99th percentile of the delay, in milliseconds.
 */
import { generateKeyPairSync } from "node:crypto";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { parseConfig } from "../dist/config.js";
import { createLog } from "../dist/logger.js";
import { createServer } from "../dist/server.js";
import { CALLER_ENV } from "./caller.js";
import { APPLICATION_ID } from "./project.js";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const config = parseConfig({
  ...CALLER_ENV,
  NODE_ENV: "production",
  PORT: "0",
  DATABASE_URL: ":memory:",
  PLATFORM: "vonage",
  VONAGE_APPLICATION_ID: APPLICATION_ID,
  VONAGE_PRIVATE_KEY: privateKey,
  LOG_LEVEL: "warn",
});
const { logger } = createLog(config.logLevel);
const { url } = await createServer(config, { logger, now: () => new Date() });
process.stdout.write(`${url}\n`);

const delay = monitorEventLoopDelay({ resolution: 1 });
for await (const order of createInterface(process.stdin)) {
  if (order === "begin") {
    delay.reset();
    delay.enable();
    process.stdout.write("begun\n");
  } else {
    delay.disable();
    process.stdout.write(`${delay.percentile(99) / 1e6}\n`);
  }
}
// Who would read the rest has gone.
process.exit();
