/**
 * A caller in its own process that attacks the server at a URL. It prints the chosen variant, and attacks until it gets a message.
 * It replies with the server's answers. It ends with its parent process.
 */
import { randomInt } from "node:crypto";
import { constants, setPriority } from "node:os";
import { callerJwt } from "../caller.js";
import { bytesOf } from "../sockets.js";
import { ATTACKS, EVERYTHING, UNIQUE } from "./attacks.js";
import { ACTS, keepOpen } from "./sockets.js";

/** The longest attack, in milliseconds. */
const MOST_MS = 120_000;
/** The deadline of an answer while a variant is chosen, in milliseconds. */
const PROBE_MS = 5000;
const CONNECTIONS = 60;

// The measuring process shares the core and must not wait for this one.
setPriority(constants.priority.PRIORITY_LOW);
setTimeout(() => process.exit(1), MOST_MS);

const [, , url, name] = process.argv;
const attack = ATTACKS.find((one) => one.name === name);

/** The headers of a new caller, so that each run of an attack has its own quota. */
const newCaller = () =>
  attack.headers?.() ?? {
    authorization: `Bearer ${callerJwt(`${name}-${randomInt(1e9)}`, attack.claims ?? EVERYTHING)}`,
  };

/** A function that returns the bytes of a caller's next request. */
function requestsOf({ body, bodies = [body] }, headers) {
  const digits = () => String(randomInt(1e8)).padStart(UNIQUE.length, "0");
  const requests = bodies.map((text) => {
    const bytes = bytesOf(url, {
      method: attack.path ? "GET" : "POST",
      path: attack.path,
      headers: { ...headers, "content-type": "application/json" },
      body: text,
    });
    const parts = bytes.toString().split(UNIQUE);
    return () => (parts.length > 1 ? Buffer.from(parts.join(digits())) : bytes);
  });
  let sent = 0;
  return () => requests[sent++ % requests.length]();
}

/** Whether the server accepts a variant. A variant that overloads the server counts as accepted. */
async function isTaken({ body, bodies = [body] }) {
  const headers = { "content-type": "application/json", ...newCaller() };
  const text = bodies[0].replaceAll(UNIQUE, "0".repeat(UNIQUE.length));
  const signal = AbortSignal.timeout(PROBE_MS);
  try {
    const response = await fetch(url, { method: "POST", headers, body: text, signal });
    const [, code] = /^\{"errors".*?"code":"(\w+)"/.exec(await response.text()) ?? [];
    const isOverloaded = response.status >= 500 || code?.endsWith("UNAVAILABLE");
    return isOverloaded || (response.ok && code === undefined);
  } catch {
    return true;
  }
}

async function choose() {
  const variants = [...attack.variants()];
  for (const variant of variants.slice(0, -1)) if (await isTaken(variant)) return variant;
  return variants.at(-1);
}

const answers = {};
function hear(answer) {
  const start = answer.slice(0, 4000);
  const kind = [/\d{3}/.exec(start), /"code":"(\w+)"/.exec(start)?.[1]].filter(Boolean).join(" ");
  answers[kind] = (answers[kind] ?? 0) + 1;
}

const variant = await choose();
console.log(variant.label);
const nextRequest = requestsOf(variant, newCaller());
keepOpen(url, attack.connections ?? CONNECTIONS, (socket) =>
  ACTS[attack.hold ?? "nothing"](socket, nextRequest, hear),
);
process.once("message", () => process.send(JSON.stringify(answers)));
process.once("disconnect", () => process.exit());
