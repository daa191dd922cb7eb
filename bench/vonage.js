/** Tokens of the Vonage environment, which are signed with RSA in the thread pool. */
import { generateKeyPairSync } from "node:crypto";
import { requestFor, tryOut } from "./caller.js";
import { localServer, watched } from "./local-server.js";
import { client } from "./pace.js";
import { urlIn, withPrograms } from "./programs.js";
import { APPLICATION_ID, VONAGE_SESSION_ID } from "./project.js";
import { median, perSecond, rowOf, spread } from "./statistics.js";

const LAUNCHES = 3;
const ROUNDS = 3;
const BURSTS = 25;
const CONCURRENT = 200;
const WARM_UP_MS = 5000;

const request = requestFor(VONAGE_SESSION_ID);

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const SERVER = watched(
  localServer({
    PLATFORM: "vonage",
    OPENTOK_API_KEY: undefined,
    OPENTOK_API_SECRET: undefined,
    VONAGE_APPLICATION_ID: APPLICATION_ID,
    VONAGE_PRIVATE_KEY: privateKey,
  }),
);

export async function bench() {
  return [await signing(), await eventLoop()];
}

/** Both share one core with their thread pools. */
async function signing() {
  const rates = await withPrograms([{ script: "vonage-signing.js" }], ({ line }) => JSON.parse(line));
  const what = "signing RS256 on one core vs. a bare crypto.sign of the same bytes";
  return rowOf(what, rates.ours, rates.bare, perSecond);
}

/** The 99th percentile of the delay, in milliseconds, with a resolution of 1. */
async function eventLoop() {
  const delays = [];
  for (let run = 0; run < LAUNCHES; run++) {
    await withPrograms([SERVER], async ({ line, ask }) => {
      const url = urlIn(line);
      await tryOut(url, request);
      const { post, close } = client(url, CONCURRENT);
      const end = performance.now() + WARM_UP_MS;
      while (performance.now() < end) await burst(post);
      for (let round = 0; round < ROUNDS; round++) {
        await ask("p99");
        for (let i = 0; i < BURSTS; i++) await burst(post);
        delays.push(await ask("end"));
      }
      close();
    });
  }
  return {
    measure: `event loop delay (p99) on one core in bursts of ${CONCURRENT} Vonage tokens`,
    ours: `${median(delays).toFixed(1)} ms`,
    spread: spread(delays),
  };
}

/**
 * Without autocannon, which ends its runs on the full second. If the loop idles between bursts, its 99th percentile shows almost no
 * delay.
 */
async function burst(post) {
  const answers = await Promise.all(Array.from({ length: CONCURRENT }, () => post(request)));
  const refused = answers.find(({ status }) => status !== 200);
  if (refused) throw new Error(`HTTP ${refused.status}`);
}
