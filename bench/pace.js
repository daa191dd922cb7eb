/** Requests at a fixed pace, sent without waiting for answers. */
import { Agent, request as httpRequest } from "node:http";
import { requestFor } from "./caller.js";
import { SESSION_ID } from "./project.js";

/** The deadline of an answer, in milliseconds. */
const DEADLINE_MS = 10_000;
/** The name of the steady caller. */
const CONNECTIONS = 4;

/** A `post` that sends a request and resolves to the status and text of the answer, and a `close`. Opens at most this many connections. */
export function client(url, connections) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const post = ({ method, headers, body }) =>
    new Promise((resolve, reject) => {
      const all = { ...headers, "content-length": Buffer.byteLength(body) };
      const signal = AbortSignal.timeout(DEADLINE_MS);
      const sent = httpRequest(url, { method, agent, headers: all, signal }, (answer) => {
        const chunks = [];
        answer.on("data", (chunk) => chunks.push(chunk));
        answer.on("end", () =>
          resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString() }),
        );
        answer.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  return { post, close: () => agent.destroy() };
}

/**
 * Calls `send` with each request's number and due time, and resolves when all have ended. Times count from the due time, so waiting
 * for a free connection or for this program counts.
 */
async function atPace(perSecond, seconds, send) {
  const start = performance.now();
  const all = [];
  const total = Math.round(perSecond * seconds);
  await new Promise((resolve) => {
    const begin = () => {
      for (;;) {
        if (all.length === total) return resolve();
        const due = start + (all.length * 1000) / perSecond;
        if (due > performance.now()) break;
        all.push(send(all.length, due));
      }
      setTimeout(begin, 1);
    };
    begin();
  });
  await Promise.all(all);
}

/**
 * Requests `perSecond` tokens a second, as one or several callers. Resolves to the time of each answer, in milliseconds, and the reasons
 * of failed requests. A failed request counts as the longest wait.
 */
export async function askSteadily(url, perSecond, seconds, callers = ["victim"]) {
  const { post, close } = client(url, CONNECTIONS);
  const requests = callers.map((caller) => requestFor(SESSION_ID, caller));
  const times = [];
  const failures = [];
  await atPace(perSecond, seconds, async (i, due) => {
    const failure = await post(requests[i % requests.length]).then(wrongIn, ({ message }) => message);
    if (failure) failures.push(failure);
    times.push(failure ? DEADLINE_MS : performance.now() - due);
  });
  close();
  return { times, failures };
}

/** Why an answer is wrong, or null. The text contains no token. */
function wrongIn({ status, text }) {
  const { data, errors } = JSON.parse(text);
  if (errors) return `HTTP ${status}: ${JSON.stringify(errors)}`;
  return data.generateToken.token.startsWith("eyJ") ? null : `HTTP ${status} without a token`;
}
