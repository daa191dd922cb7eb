import { atStopSignal, endBy } from "../process/signals.ts";

/** The arguments of `stagepass`; the default command is `start`. */
const [command = "start", ...rest] = process.argv.slice(2);

// Handle signals before the slow imports below. A server that has not started yet has no work to finish, so it exits with 0.
atStopSignal((signal) => (command === "start" ? process.exit(0) : endBy(signal)));

const { run } = await import("./run.ts");
await run([command, ...rest]);
