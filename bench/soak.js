/**
 * `npm run soak` keeps a server under a steady, mixed load. It fails if an answer is wrong, a delivered token is not on the ledger, or
 * memory grows. Ctrl-C ends it early, with a verdict on the time so far.
 *
 * Exits with 0 if the soak passes, 1 if it fails, and 2 if an option is invalid.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createHistogram } from "node:perf_hooks";
import autocannon from "autocannon";
import { openForMaintenance } from "../dist/store/database.js";
import { parseDatabaseUrl } from "../dist/store/database-address.js";
import { callerJwt, requestFor, tryOut } from "./caller.js";
import { withSqlite } from "./databases.js";
import { localServer } from "./local-server.js";
import { optionsOf } from "./options.js";
import { hasEnded, moveToLoadCore, urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { megabytes } from "./resident-memory.js";
import { requestOf, tokensIn } from "./soak/mix.js";
import { failuresOf, readOptions, slopeOf } from "./soak/verdict.js";

const CONNECTIONS = 50;
const CALLERS = 8;
/** How often callers sign in again, in milliseconds. */
const RENEWAL_MS = 60_000;
const CLAIMS = {
  scope: "tokens:create tokens:inspect sessions:create sessions:read ledger:read",
  video_grant: { roles: ["PUBLISHER"], sessions: ["*"], names: ["*"] },
};
/** The time has this many windows. The first ones warm the server up and do not count for the slope. */
const WINDOWS = 20;
const WARM_UP = 4;
const LOOK_MS = 250;
/** How many connections may fail before the soak stops. */
const MOST_ERRORS = 100;
const MOST_REASONS = 5;
const PAGE = 10_000;

/** Sends requests to a server until the time is over. Resolves to the statistics and the IDs of delivered tokens. */
async function load(child, url, { minutes, rate }) {
  const seen = { answers: 0, failed: 0, reasons: [], windows: [], ids: new Set() };
  const credentials = callers();
  let lastToken = await tryOut(url, requestFor(SESSION_ID));
  let sent = 0;
  const fail = (reason) => {
    seen.failed += 1;
    if (seen.reasons.length < MOST_REASONS && !seen.reasons.includes(reason)) seen.reasons.push(reason);
  };
  const setupRequest = (request, context) => {
    context.asked = requestOf(sent, lastToken);
    const authorization = `Bearer ${credentials[sent++ % CALLERS]}`;
    const headers = { "content-type": "application/json", authorization };
    return { ...request, headers, body: context.asked.body };
  };
  const onResponse = (status, text, { asked }) => {
    seen.answers += 1;
    try {
      for (const token of tokensIn(asked, status, text)) {
        lastToken = token;
        seen.ids.add(JSON.parse(Buffer.from(token.split(".")[1], "base64url")).jti);
      }
    } catch ({ message }) {
      fail(message);
    }
  };
  const instance = autocannon({
    url: new URL(url).origin,
    connections: Math.min(CONNECTIONS, rate),
    overallRate: rate,
    duration: minutes * 60,
    bailout: MOST_ERRORS,
    requests: [{ method: "POST", path: new URL(url).pathname, setupRequest, onResponse }],
  });
  instance.on("reqError", ({ message }) => fail(message));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => instance.stop());
  const onEnd = () => {
    fail("the server has ended");
    instance.stop();
  };
  child.once("exit", onEnd);
  const timers = [
    setInterval(() => callers(credentials), RENEWAL_MS),
    ...watch(child, instance, (minutes * 60_000) / WINDOWS, seen),
  ];
  await instance;
  child.off("exit", onEnd);
  for (const timer of timers) clearInterval(timer);
  // Requests in flight at the end have no answer.
  const unanswered = sent - seen.answers - CONNECTIONS;
  if (unanswered > 0) fail(`${unanswered} requests had no answer`);
  return seen;
}

/** Signs the callers in. Overwrites an array of JWTs. */
function callers(credentials = []) {
  for (let i = 0; i < CALLERS; i++) credentials[i] = callerJwt(`soak-${i}`, CLAIMS);
  return credentials;
}

/** Adds and prints a window at this interval, in milliseconds. Returns its timers. */
function watch(child, instance, windowMs, seen) {
  const start = performance.now();
  const times = createHistogram();
  instance.on("response", (_client, _status, _bytes, ms) => times.record(Math.max(1, Math.round(ms))));
  // The heap is a sawtooth: the lowest point, after a garbage collection, shows the memory in use.
  let least = Number.POSITIVE_INFINITY;
  const look = () => {
    if (!hasEnded(child)) least = Math.min(least, megabytes(child));
  };
  const endWindow = () => {
    look();
    const minutes = (performance.now() - start) / 60_000;
    const [p50, p99] = [50, 99].map((percentile) => times.percentile(percentile));
    seen.windows.push({ minutes, megabytes: least, p50, p99 });
    console.log(
      `${minutes.toFixed(2)} min  p50 ${p50} ms  p99 ${p99} ms  ${Math.round(least)} MB  ${seen.answers} answers  ${seen.failed} wrong`,
    );
    least = Number.POSITIVE_INFINITY;
    times.reset();
  };
  return [setInterval(look, LOOK_MS), setInterval(endWindow, windowMs)];
}

/** The number of these tokens that are not on the ledger. Removes the others from the set, because a copy would be large. */
async function missingOf(ids, databaseUrl) {
  const { kysely } = await openForMaintenance(parseDatabaseUrl(databaseUrl));
  const after = (position) =>
    kysely
      .selectFrom("issued_tokens")
      .select(["id", "position"])
      .where("position", ">", position)
      .orderBy("position")
      .limit(PAGE)
      .execute();
  for (let page = await after(0); page.length > 0; page = await after(page.at(-1).position))
    for (const { id } of page) ids.delete(id);
  await kysely.destroy();
  return ids.size;
}

/** Resolves to the exit code. */
async function soak(options, databaseUrl) {
  const program = localServer({ DATABASE_URL: databaseUrl, LEDGER: "on" });
  if (options.server) program.script = resolve(options.server);
  // On Ctrl-C the server still has to answer before it ends.
  const { ids, ...seen } = await withPrograms([{ ...program, detached: true }], ({ child, line }) =>
    load(child, urlIn(line), options),
  );
  const delivered = ids.size;
  const report = {
    ...seen,
    delivered,
    missing: await missingOf(ids, databaseUrl),
    slope: slopeOf(seen.windows.slice(WARM_UP)),
  };
  const failures = failuresOf(report, options.growth);
  console.log(
    `${report.answers} answers, ${report.delivered} tokens; memory grows by ${report.slope.toFixed(2)} MB a minute`,
  );
  for (const line of failures) console.log(`FAILED ${line}`);
  if (failures.length === 0) console.log("Passed");
  if (options.json)
    writeFileSync(options.json, `${JSON.stringify({ ...options, ...report, failures }, null, 2)}\n`);
  return failures.length === 0 ? 0 : 1;
}

const options = optionsOf(readOptions);
moveToLoadCore();
process.exitCode = options.database
  ? await soak(options, options.database)
  : await withSqlite(async (newDatabase) => soak(options, await newDatabase()));
