/** A caller in a process of its own that asks the server at a URL for so many tokens a second, until it is ended. */
import { constants, setPriority } from "node:os";
import autocannon from "autocannon";
import { requestFor } from "./caller.js";
import { SESSION_ID } from "./project.js";

// Who measures shares the core, and is not to wait for this.
setPriority(constants.priority.PRIORITY_LOW);
const [, , url, overallRate] = process.argv;
autocannon({
  url,
  connections: 50,
  overallRate: Number(overallRate),
  duration: 600,
  ...requestFor(SESSION_ID, "greedy"),
});
console.log("asking");
