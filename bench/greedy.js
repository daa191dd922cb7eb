/** A caller in its own process. Requests a number of tokens a second from a URL until it is stopped. */
import { constants, setPriority } from "node:os";
import autocannon from "autocannon";
import { requestFor } from "./caller.js";
import { SESSION_ID } from "./project.js";

// The measuring process shares the core and must not wait for this one.
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
