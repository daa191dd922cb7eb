/** Full load: as many requests as a server answers, over a fixed number of connections of this process. */
import autocannon from "autocannon";
import { tryOut } from "./caller.js";
import { urlIn, withPrograms } from "./programs.js";
import { megabytes } from "./resident-memory.js";

const CONNECTIONS = 32;
const ROUND_SECONDS = 1;
/** Larger programs need about six seconds to compile. */
const WARM_UP_SECONDS = 8;

/** Answers per second to the requests, sent in turn, for a `duration` in seconds or an `amount`. Throws unless each status is 200. */
export async function rate(url, requests, limit = { duration: ROUND_SECONDS }) {
  const { origin, pathname } = new URL(url);
  const result = await autocannon({
    ...limit,
    url: origin,
    connections: CONNECTIONS,
    requests: requests.map((request) => ({ ...request, path: pathname })),
  });
  if (result.non2xx || result.errors)
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result.requests.average;
}

/** Sends requests until the server's code is compiled. Throws unless the first answer is a token. */
export async function warmUp(url, requests) {
  await tryOut(url, requests[0]);
  await rate(url, requests, { duration: WARM_UP_SECONDS });
}

/**
 * Launches servers several times on one core, because one process can be a quarter faster than another of the same program. Rounds
 * alternate, because the machine's speed drifts. Resolves to the `rates` and the `memory` in megabytes of each server.
 */
export async function sideBySide(programsOf, requests, launches, rounds) {
  const seen = [];
  for (let run = 0; run < launches; run++) {
    await withPrograms(await programsOf(), async (...servers) => {
      for (const { line } of servers) await warmUp(urlIn(line), requests);
      for (const [i] of servers.entries()) seen[i] ??= { rates: [], memory: [] };
      for (let round = 0; round < rounds; round++)
        for (const [i, { line }] of servers.entries()) seen[i].rates.push(await rate(urlIn(line), requests));
      for (const [i, { child }] of servers.entries()) seen[i].memory.push(megabytes(child));
    });
  }
  return seen;
}
