/**
 * Full load: as many requests as a server answers, over a fixed number of connections to it. On bare sockets, because a client
 * needs more time than a bare server.
 */
import { tryOut } from "./caller.js";
import { processorTime, urlIn, withPrograms } from "./programs.js";
import { megabytes } from "./resident-memory.js";
import { bytesOf, onAnswers, open } from "./sockets.js";
import { mean } from "./statistics.js";

const CONNECTIONS = 32;
/** Short rounds, because a server that waits for long is slower at first, and because the machine's speed drifts. */
const ROUND_SECONDS = 0.25;
const ROUNDS = 24;
/** A round of the warm-up has at least this time and these requests. On a slow machine, time alone compiles only a part of the code. */
const WARM_UP_SECONDS = 1;
const WARM_UP_REQUESTS = 5000;
const WARM_UP_ROUNDS = 10;

/**
 * Answers per second to the requests, sent in turn, for a `duration` in seconds or an `amount`. A request may be a function that makes
 * the next one. The load of several servers is shared: give their URLs. Throws unless each status is 200.
 */
export async function rate(urls, requests, limit) {
  const { duration = Number.POSITIVE_INFINITY, amount = Number.POSITIVE_INFINITY } = limit;
  const connections = await Promise.all(
    [urls].flat().flatMap((url) => {
      const makers = requests.map((request) => makerOf(url, request));
      return Array.from({ length: CONNECTIONS }, async () => ({ url, makers, socket: await open(url) }));
    }),
  );
  const start = performance.now();
  const end = start + duration * 1000;
  let sent = 0;
  let answers = 0;
  try {
    await Promise.all(
      connections.map(
        ({ url, makers, socket }) =>
          new Promise((resolve, reject) => {
            const sendNext = () => {
              if (sent < amount && performance.now() < end) socket.write(makers[sent++ % makers.length]());
              else resolve();
            };
            socket
              .on("error", reject)
              .on("close", () => reject(new Error(`${url}: a connection was closed`)));
            onAnswers(socket, (answer) => {
              if (!answer.startsWith("HTTP/1.1 200")) return reject(new Error(`${url}: ${answer}`));
              answers += 1;
              sendNext();
            });
            sendNext();
          }),
      ),
    );
  } finally {
    for (const { socket } of connections) socket.destroy();
  }
  return (answers * 1000) / (performance.now() - start);
}

/** Makes the bytes of a request. */
function makerOf(url, request) {
  if (typeof request === "function") return () => bytesOf(url, request());
  const bytes = bytesOf(url, request);
  return () => bytes;
}

/** Sends requests to servers in alternating rounds, until their code is compiled. Throws unless the first answer is a token. */
export async function warmUp(urls, requests) {
  for (const url of urls) await tryOut(url, requests[0]);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    for (const url of urls) {
      const perSecond = await rate(url, requests, { duration: WARM_UP_SECONDS });
      const missing = WARM_UP_REQUESTS - perSecond * WARM_UP_SECONDS;
      if (missing > 0) await rate(url, requests, { amount: missing });
    }
  }
}

/**
 * Launches servers several times on one core, because one process can be a quarter faster than another of the same program. In a
 * launch, short rounds alternate. Resolves to a figure of each launch for each server: its `rates`, the `memory` in megabytes, and its
 * `busy` times: if one is below 1, the server waited for the load, for a disk, or for another program.
 */
export async function sideBySide(programsOf, requests, launches) {
  const seen = [];
  for (let run = 0; run < launches; run++) {
    await withPrograms(await programsOf(), async (...servers) => {
      const urls = servers.map(({ line }) => urlIn(line));
      await warmUp(urls, requests);
      const rounds = servers.map(() => ({ rates: [], busy: [] }));
      for (let round = 0; round < ROUNDS; round++) {
        for (const [i, { child }] of servers.entries()) {
          const start = performance.now();
          const before = processorTime(child);
          rounds[i].rates.push(await rate(urls[i], requests, { duration: ROUND_SECONDS }));
          rounds[i].busy.push((processorTime(child) - before) / (performance.now() - start));
        }
      }
      for (const [i, { child }] of servers.entries()) {
        seen[i] ??= { rates: [], memory: [], busy: [] };
        seen[i].rates.push(mean(rounds[i].rates));
        seen[i].busy.push(mean(rounds[i].busy));
        seen[i].memory.push(megabytes(child));
      }
    });
  }
  return seen;
}
