/**
 * A caller in a process of its own that attacks the server at a URL. It prints which variant of the attack it has chosen, and
 * goes on until a message comes, which it answers with what it was answered. It ends with whoever started it.
 */
import { randomInt } from "node:crypto";
import { constants, setPriority } from "node:os";
import { callerJwt } from "../caller.js";
import { bytesOf } from "../sockets.js";
import { ATTACKS, EVERYTHING, UNIQUE } from "./attacks.js";
import { ACTS, keepOpen } from "./sockets.js";

/** After which it ends in any case, in milliseconds. */
const MOST_MS = 120_000;
/** How long an answer is waited for while a variant is chosen, in milliseconds. */
const PROBE_MS = 5000;
const CONNECTIONS = 60;

// Who measures shares the core, and is not to wait for this.
setPriority(constants.priority.PRIORITY_LOW);
setTimeout(() => process.exit(1), MOST_MS);

const [, , url, name] = process.argv;
const attack = ATTACKS.find((one) => one.name === name);

/** The headers of a caller whom the server has not seen: each run of an attack has a quota of its own. */
const newCaller = () =>
  attack.headers?.() ?? {
    authorization: `Bearer ${callerJwt(`${name}-${randomInt(1e9)}`, attack.claims ?? EVERYTHING)}`,
  };

/** A function that gives the bytes of the next request of a caller. */
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

/** Whether the server takes a variant. One that overloads the server was not refused. */
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
