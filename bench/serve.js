/** Our server in a program that `withPrograms` starts, which can be told to watch itself. */
import { createInterface } from "node:readline";
import { parseConfig } from "../dist/config.js";
import { createLog } from "../dist/logger.js";
import { createServer } from "../dist/server.js";

/**
 * Serves as the environment says, and prints the URL. At the line `begin` on standard input it calls `begin`; at any other
 * it prints what `end` says of that line.
 */
export async function serve(env, { begin, end }) {
  const config = parseConfig(env);
  const { logger } = createLog(config.logLevel);
  const { url } = await createServer(config, { logger, now: () => new Date() });
  process.stdout.write(`${url}\n`);
  for await (const order of createInterface(process.stdin)) {
    if (order === "begin") {
      await begin();
      process.stdout.write("begun\n");
    } else {
      process.stdout.write(`${await end(order)}\n`);
    }
  }
  // Who would read the rest has gone.
  process.exit();
}
