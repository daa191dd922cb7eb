/**
 * The server as its environment configures it. At the line `begin` on standard input it begins to profile itself; any
 * other is the file that the profile is written to, which it prints then.
 */
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { createInterface } from "node:readline";
import { parseConfig } from "../dist/config.js";
import { createLog } from "../dist/logger.js";
import { createServer } from "../dist/server.js";

const SAMPLING_MICROSECONDS = 200;

const config = parseConfig(process.env);
const { logger } = createLog(config.logLevel);
const { url } = await createServer(config, { logger, now: () => new Date() });
process.stdout.write(`${url}\n`);

const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });
for await (const order of createInterface(process.stdin)) {
  if (order === "begin") {
    await session.post("Profiler.start");
    process.stdout.write("begun\n");
  } else {
    const { profile } = await session.post("Profiler.stop");
    writeFileSync(order, JSON.stringify(profile));
    process.stdout.write(`${order}\n`);
  }
}
// Who would read the rest has gone.
process.exit();
