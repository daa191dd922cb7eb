/**
 * The server as its environment says. At each line on standard input it begins to watch its event loop, or ends and
 * prints for how long the loop was blocked at most, in milliseconds, give or take one.
 */
import { readFileSync } from "node:fs";
import { serve } from "./serve.js";

/** Now; how long the event loop ran, how long it waited for the core, and how long all threads ran; in milliseconds. */
function clocks() {
  const [ran, waited] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  const { user, system } = process.cpuUsage();
  return { now: performance.now(), ran: ran / 1e6, waited: waited / 1e6, all: (user + system) / 1e3 };
}

let before;
let longest;

/** From one turn to the next, without what other programs had of the core meanwhile: other threads of ours count. */
function turn() {
  const after = clocks();
  const spent = (clock) => after[clock] - before[clock];
  const others = Math.max(0, spent("waited") - (spent("all") - spent("ran")));
  longest = Math.max(longest, spent("now") - others);
  before = after;
}

let watch;
await serve(process.env, {
  begin() {
    before = clocks();
    longest = 0;
    // Not by setImmediate: a loop that never rests would take the core from the threads that write.
    watch = setInterval(turn, 1);
  },
  end() {
    clearInterval(watch);
    return longest;
  },
});
