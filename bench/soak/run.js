/** One soak of a server that runs: the load, and what is seen of it. */
import { megabytes } from "../resident-memory.js";
import { credentialOf } from "./callers.js";
import { countOf, MOST_COUNTED, SESSIONS } from "./kinds.js";
import { atPace, client } from "./load.js";
import { Observations } from "./observations.js";
import { workOf, wrongIn } from "./work.js";

const LOOK_MS = 250;
const PROGRESS_LINES = 20;

/** Soaks the server of that process and URL until the time is over or `stopped` aborts; calls `tell` with a line from time to time. Resolves to the Observations. */
export async function soak(child, url, { minutes, rate }, stopped, tell) {
  const ms = minutes * 60_000;
  const seen = new Observations(ms);
  const { post, close } = client(url);
  const minted = new Map(SESSIONS.map((sessionId) => [sessionId, { acknowledged: 0, asked: 0 }]));
  /** What the server said that it has recorded. */
  const recorded = { sessions: 0, tokens: 0 };

  const send = async (i, due) => {
    const work = workOf(i);
    const tokens = minted.get(work.sessionId);
    tokens.asked += work.mints;
    // When the answer comes it may be more.
    const onRecord = { ...recorded, tokensOfSession: tokens.acknowledged };
    const wrong = await wrongOf(work, onRecord, () => post(work.body, credentialOf(i)));
    seen.answer(due, performance.now() - due);
    if (wrong) {
      seen.fail(`${work.name}: ${wrong}`);
    } else {
      tokens.acknowledged += work.mints;
      recorded.tokens += work.mints;
      recorded.sessions += work.creates;
    }
  };

  // A server that has ended is found out by the requests, too, but not soon.
  const over = new AbortController();
  child.once("exit", () => over.abort());
  const look = () => {
    try {
      seen.look(megabytes(child));
    } catch (error) {
      // Of one that has just ended, this is not all that is wrong.
      seen.failAsAWhole(`the server's memory cannot be read: ${error.message}`);
    }
  };
  const looking = setInterval(look, LOOK_MS);
  const progress = setInterval(() => tell(seen.line()), ms / PROGRESS_LINES);
  try {
    await atPace(rate, ms, AbortSignal.any([stopped, over.signal]), send);
    if (over.signal.aborted) {
      seen.failAsAWhole("the server has ended");
    } else {
      // However short the soak was, it was seen.
      look();
      await compareLedger(minted, post, seen);
    }
  } finally {
    clearInterval(looking);
    clearInterval(progress);
    close();
  }
  return seen;
}

async function wrongOf(work, onRecord, ask) {
  try {
    const { status, text } = await ask();
    return wrongIn(work, onRecord, status, text);
  } catch (error) {
    return error.name === "AbortError" || error.name === "TimeoutError" ? "no answer in time" : error.message;
  }
}

/** Whether the ledger has all tokens that were delivered, and none that nobody asked for. */
async function compareLedger(minted, post, seen) {
  const wrongs = [];
  for (const [sessionId, { acknowledged, asked }] of minted) {
    const [least, most] = [acknowledged, asked].map((count) => Math.min(count, MOST_COUNTED));
    let counted;
    const right = ({ session }) => {
      counted = session.issuedTokens.totalCount;
      return counted >= least && counted <= most;
    };
    const body = countOf(sessionId);
    const wrong = await wrongOf({ body, right }, null, () => post(body, credentialOf(0)));
    if (wrong)
      wrongs.push(`${counted} tokens where ${least} were delivered and ${most} asked for (${wrong})`);
  }
  if (wrongs.length > 0) {
    seen.failAsAWhole(`the ledger of ${wrongs.length} sessions of ${minted.size}, such as ${wrongs[0]}`);
  }
}
