/** A caller in a process of its own that asks the server at a URL for so many tokens a second, until it is ended. */
import autocannon from "autocannon";
import { SESSION_ID } from "./project.js";
import { requestFor } from "./query.js";

const [, , url, overallRate] = process.argv;
autocannon({
  url,
  connections: 10,
  overallRate: Number(overallRate),
  duration: 600,
  ...requestFor(SESSION_ID, "greedy"),
});
console.log("asking");
