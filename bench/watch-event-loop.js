/**
 * Measures the event loop of a server that loads this file with `--import`. The message "p99" starts to measure the 99th percentile of the
 * loop's delay, and "longest" the longest block. The message "end" returns the result, in milliseconds.
 */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const delay = monitorEventLoopDelay({ resolution: 1 });
let before;
let longest;
let watch;

/** The current time, and how long the event loop ran and waited for the core, and how long all threads ran; in milliseconds. */
function clocks() {
  const [ran, waited] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ");
  const { user, system } = process.cpuUsage();
  return { now: performance.now(), ran: ran / 1e6, waited: waited / 1e6, all: (user + system) / 1e3 };
}

/** The time between two ticks, without the core time of other programs. Other threads of the server count. */
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
      // With setImmediate the loop would never rest, and would take the core from the threads that write.
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
