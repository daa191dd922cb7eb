/** One soak of a server that runs: the load, and what is seen of it. */
import { megabytes } from "../resident-memory.js";
import { credentialOf } from "./callers.js";
import { countOf, SESSIONS } from "./kinds.js";
import { atPace, client } from "./load.js";
import { Observations } from "./observations.js";
import { workOf, wrongIn } from "./work.js";

const LOOK_MS = 1000;
const PROGRESS_LINES = 20;
/** The most that the server counts. */
const MOST_COUNTED = 100_000;

/** Soaks the server of that process and URL until the time is over or `stopped` aborts; calls `tell` with a line from time to time. Resolves to the Observations. */
export async function soak(child, url, { minutes, rate }, stopped, tell) {
  const ms = minutes * 60_000;
  const seen = new Observations(ms);
  const { post, close } = client(url);
  const minted = new Map(SESSIONS.map((sessionId) => [sessionId, { acknowledged: 0, asked: 0 }]));

  const send = async (i, due) => {
    const work = workOf(i);
    const tokens = minted.get(work.sessionId);
    tokens.asked += work.mints;
    const wrong = await wrongOf(work, () => post(work.body, credentialOf(i)));
    seen.answer(due, performance.now() - due);
    if (wrong) seen.fail(`${work.name}: ${wrong}`);
    else tokens.acknowledged += work.mints;
  };

  // A server that has ended is found out by the requests, too, but not soon.
  const over = new AbortController();
  child.once("exit", () => over.abort());
  const look = setInterval(() => {
    try {
      seen.look(megabytes(child));
    } catch {
      // It has just ended, and this is about to be heard.
    }
  }, LOOK_MS);
  const progress = setInterval(() => tell(seen.line()), ms / PROGRESS_LINES);
  try {
    await atPace(rate, ms, AbortSignal.any([stopped, over.signal]), send);
    if (over.signal.aborted) seen.failAsAWhole("the server has ended");
    else await compareLedger(minted, post, seen);
  } finally {
    clearInterval(look);
    clearInterval(progress);
    close();
  }
  return seen;
}

async function wrongOf(work, ask) {
  try {
    const { status, text } = await ask();
    return wrongIn(work, status, text);
  } catch (error) {
    return error.name === "AbortError" || error.name === "TimeoutError" ? "no answer in time" : error.message;
  }
}

/** Whether the ledger has all tokens that were delivered, and none that nobody asked for. */
async function compareLedger(minted, post, seen) {
  const wrongs = [];
  for (const [sessionId, { acknowledged, asked }] of minted) {
    const [least, most] = [acknowledged, asked].map((count) => Math.min(count, MOST_COUNTED));
    let recorded;
    const right = ({ session }) => {
      recorded = session.issuedTokens.totalCount;
      return recorded >= least && recorded <= most;
    };
    const body = countOf(sessionId);
    const wrong = await wrongOf({ body, right }, () => post(body, credentialOf(0)));
    if (wrong)
      wrongs.push(`${recorded} tokens where ${least} were delivered and ${most} asked for (${wrong})`);
  }
  if (wrongs.length > 0) {
    seen.failAsAWhole(`the ledger of ${wrongs.length} sessions of ${minted.size}, such as ${wrongs[0]}`);
  }
}
