/** What a server is asked for while it is soaked, and whether an answer is right. */
import { KINDS, SESSIONS } from "./kinds.js";

const ORDER = Object.entries(KINDS).flatMap(([name, kind]) => Array(kind.of1000).fill({ name, ...kind }));
/** Without a divisor in common with a thousand: each comes once in a thousand requests, and likes are not in a row. */
const STEP = 617;

/** The request of that number: what it is, its body, the session it is about, how many tokens it mints there, and how many sessions it creates. */
export function workOf(i) {
  const { name, ask, mints = 0, creates = 0, right, refused } = ORDER[(i * STEP) % ORDER.length];
  // In the next thousand, a kind meets other sessions.
  const sessionId = SESSIONS[(i + Math.floor(i / ORDER.length)) % SESSIONS.length];
  return { name, body: ask(i, sessionId), sessionId, mints, creates, right, refused };
}

/** Why an answer is wrong, given what was on record when it was asked for, or null. Says nothing of what is in it but errors: it may be a token. */
export function wrongIn({ body, right, refused }, onRecord, status, text) {
  if (status < 200 || status > 299) return `HTTP ${status}`;
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  const { data, errors } = answer ?? {};
  const [error] = errors ?? [];
  if (refused) return error?.extensions?.code === refused ? null : `not refused with ${refused}`;
  if (error) return `${error.extensions?.code}: ${error.message}`;
  return isRight(() => right(data, body.variables, onRecord)) ? null : "not what was asked for";
}

/** What has another form than it should is not right. */
function isRight(right) {
  try {
    return right();
  } catch {
    return false;
  }
}
