/** generateToken over HTTP, against a bare node:http server: one core for the server, another for the load. */
import { readFileSync } from "node:fs";
import autocannon from "autocannon";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { requestFor, tryOut } from "./query.js";
import { median, spread } from "./statistics.js";

const LAUNCHES = 5;
const ROUNDS = 4;
const ROUND_SECONDS = 1;
const CONNECTIONS = 32;

const request = requestFor(SESSION_ID);

/** Requests per second during one round. */
async function rate(url, seconds = ROUND_SECONDS) {
  const result = await autocannon({ url, connections: CONNECTIONS, duration: seconds, ...request });
  if (result.non2xx || result.errors)
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result.requests.average;
}

const megabytes = ({ pid }) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024);

const PROGRAMS = [localServer(), { script: "bare-server.js" }];

/** One launch of both contenders; its rounds alternate, because the machine's speed drifts. */
function launch(rates, memory) {
  return withPrograms(PROGRAMS, async (ours, bare) => {
    const urls = { ours: urlIn(ours.line), bare: urlIn(bare.line) };
    for (const url of Object.values(urls)) {
      await tryOut(url, request);
      // The larger program takes some five seconds to be compiled.
      await rate(url, 5);
    }
    for (let round = 0; round < ROUNDS; round++) {
      rates.ours.push(await rate(urls.ours));
      rates.bare.push(await rate(urls.bare));
    }
    memory.ours.push(megabytes(ours.child));
    memory.bare.push(megabytes(bare.child));
  });
}

/** Several launches, because one process can be a quarter faster than the next of the same program. */
export async function benchHttp() {
  const rates = { ours: [], bare: [] };
  const memory = { ours: [], bare: [] };
  for (let run = 0; run < LAUNCHES; run++) await launch(rates, memory);
  const ratios = rates.ours.map((value, round) => value / rates.bare[round]);
  return [
    {
      measure: "generateToken over HTTP, against a bare node:http server",
      ours: `${Math.round(median(rates.ours))}/s, ${median(memory.ours)} MB`,
      peer: `${Math.round(median(rates.bare))}/s, ${median(memory.bare)} MB`,
      ratio: median(ratios),
      spread: spread(ratios),
    },
  ];
}
