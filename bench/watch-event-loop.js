/**
 * Loaded into a server with `--import`, it watches the server's event loop. The messages "p99" and "longest" begin to measure the 99th
 * percentile of the loop's delay, or for how long the loop is blocked at most; the message "end" is answered with it, in milliseconds.
 */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 1 });
let before;
let longest;
let watch;

/** Now; how long the event loop ran, how long it waited for the core, and how long all threads ran; in milliseconds. */
function clocks() {
  const [ran, waited] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  const { user, system } = process.cpuUsage();
  return { now: performance.now(), ran: ran / 1e6, waited: waited / 1e6, all: (user + system) / 1e3 };
}

/** From one turn to the next, without what other programs had of the core meanwhile: other threads of the server count. */
function turn() {
  const after = clocks();
  const spent = (clock) => after[clock] - before[clock];
  const others = Math.max(0, spent("waited") - (spent("all") - spent("ran")));
  longest = Math.max(longest, spent("now") - others);
  before = after;
}

const MEASURES = {
  p99: {
    begin() {
      delay.reset();
      delay.enable();
    },
    end() {
      delay.disable();
      return delay.percentile(99) / 1e6;
    },
  },
  longest: {
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
  },
};

let measure;
process.on("message", (order) => {
  if (order === "end") return process.send(measure.end());
  measure = MEASURES[order];
  measure.begin();
  process.send("begun");
});
