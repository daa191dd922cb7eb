import { atStopSignal, endBy } from "../process/signals.ts";

/** `stagepass`: the server, and what it does from the shell. */
const [command = "start", ...rest] = process.argv.slice(2);

// Before anything else is loaded, which takes a while. A server that has not begun has nothing to finish, and ends well.
atStopSignal((signal) => (command === "start" ? process.exit(0) : endBy(signal)));

const { run } = await import("./run.ts");
await run([command, ...rest]);
