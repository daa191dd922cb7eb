/** Different requests at a fixed pace, which wait for no answer. */
import { Agent, request } from "node:http";

const CONNECTIONS = 64;
/** How long an answer may take, in milliseconds; so many requests are under way at most. */
export const DEADLINE_MS = 10_000;

/** A function that posts a body as JSON and resolves to the status and the text of the answer, and one that closes its connections, of which there are so many at most. */
export function client(url, connections = CONNECTIONS) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const post = (body, authorization) =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const headers = { "content-type": "application/json", "content-length": bytes.length, authorization };
      const signal = AbortSignal.timeout(DEADLINE_MS);
      const sent = request(url, { method: "POST", agent, headers, signal }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve({ status: answer.statusCode, text }));
        answer.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(bytes);
    });
  return { post, close: () => agent.destroy() };
}

/**
 * Calls `send` with the number of each request and the moment when it was due, so often a second, until the time is over or
 * `stopped` aborts, and resolves when all that it began has ended. A moment is counted from when the request was due: one that
 * waits for a free connection, or for this program, is not forgiven.
 */
export async function atPace(perSecond, ms, stopped, send) {
  const start = performance.now();
  const underWay = new Set();
  const total = Math.max(1, Math.round((perSecond * ms) / 1000));
  await new Promise((resolve) => {
    let begun = 0;
    const begin = () => {
      while (begun < total && !stopped.aborted) {
        const due = start + (begun * 1000) / perSecond;
        if (due > performance.now()) break;
        const one = send(begun, due).finally(() => underWay.delete(one));
        underWay.add(one);
        begun += 1;
      }
      if (begun === total || stopped.aborted) resolve();
      else setTimeout(begin, 1);
    };
    begin();
  });
  await Promise.all(underWay);
}
