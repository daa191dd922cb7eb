/** Tokens of the Vonage environment, whose RSA signatures are made in the thread pool. */
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { urlIn, withPrograms } from "./programs.js";
import { VONAGE_SESSION_ID } from "./project.js";
import { requestFor, tryOut } from "./query.js";
import { median, spread } from "./statistics.js";

const LAUNCHES = 3;
const ROUNDS = 3;
const BURSTS = 25;
const CONCURRENT = 200;
const WARM_UP_MS = 5000;

const request = requestFor(VONAGE_SESSION_ID);
const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENT });
const length = Buffer.byteLength(request.body);

export async function benchVonage() {
  return [await signing(), await eventLoop()];
}

/** Both contenders share one core with their thread pools. */
async function signing() {
  const rates = await withPrograms([{ script: "vonage-signing.js" }], ({ line }) => JSON.parse(line));
  const ratios = rates.ours.map((value, round) => value / rates.bare[round]);
  return {
    measure: "signing RS256 on one core, against a bare crypto.sign of the same bytes",
    ours: `${Math.round(median(rates.ours))}/s`,
    peer: `${Math.round(median(rates.bare))}/s`,
    ratio: median(ratios),
    spread: spread(ratios),
  };
}

async function eventLoop() {
  const delays = [];
  for (let run = 0; run < LAUNCHES; run++) await launch(delays);
  return {
    measure: `event loop delay (p99) on one core in bursts of ${CONCURRENT} Vonage tokens`,
    ours: `${median(delays).toFixed(1)} ms`,
    spread: spread(delays),
  };
}

function launch(delays) {
  return withPrograms([{ script: "vonage-server.js" }], async (server) => {
    await tryOut(urlIn(server.line), request);
    const end = performance.now() + WARM_UP_MS;
    while (performance.now() < end) await burst(urlIn(server.line));
    for (let round = 0; round < ROUNDS; round++) delays.push(await delay(server));
  });
}

/** The 99th percentile of a server's event loop delay in milliseconds, of which 1 is the resolution. */
async function delay({ line, ask }) {
  await ask("begin");
  for (let i = 0; i < BURSTS; i++) await burst(urlIn(line));
  return Number(await ask("end"));
}

/**
 * Not with autocannon: it ends its runs on the second, and a loop that idles between the bursts has hardly any delay
 * in its 99th percentile, whoever signs.
 */
async function burst(url) {
  await Promise.all(Array.from({ length: CONCURRENT }, () => post(url)));
}

/** One answer, read to its end. */
async function post(url) {
  const { method, headers, body } = request;
  const sent = httpRequest(url, { method, headers: { ...headers, "content-length": length }, agent });
  sent.end(body);
  const [response] = await once(sent, "response");
  response.resume();
  await once(response, "end");
  if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode}`);
}
