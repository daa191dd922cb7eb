/**
 * `npm run soak`: a server under a steady, mixed load for a long time. Fails when an answer is wrong, when the memory
 * grows, and when answers take longer at the end than at the beginning.
 *
 * `npm run soak -- --minutes 20 --rate 200 --json <file>`; `--server <file>` soaks another program than the built server,
 * one that prints its URL in its first line. Ctrl-C ends it early, with the report.
 *
 * It ends with 0 when it has passed, 1 when it has failed, 2 when an option is wrong, and 3 when it has not failed, but was too
 * short, or stopped too early, to pass.
 */
import { command } from "./soak/command.js";

process.exitCode = await command(process.argv.slice(2));
