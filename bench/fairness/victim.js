/** A caller who asks for little, and what it notices of the others. */
import { SESSION_ID } from "../project.js";
import { requestFor } from "../query.js";
import { atPace, client, DEADLINE_MS } from "../soak/load.js";

const CONNECTIONS = 4;

/**
 * Asks for so many tokens a second, as one or several callers. Resolves to how long each answer took, in milliseconds from the
 * moment when its request was due, and to why requests failed, each of which counts as long as the longest wait.
 */
export async function askSteadily(url, perSecond, seconds, callers = ["victim"]) {
  const { post, close } = client(url, CONNECTIONS);
  const requests = callers.map((caller) => requestFor(SESSION_ID, caller));
  const times = [];
  const failures = [];
  await atPace(perSecond, seconds * 1000, new AbortController().signal, async (i, due) => {
    const { body, headers } = requests[i % requests.length];
    const failure = await post(JSON.parse(body), headers.authorization).then(
      wrongIn,
      ({ message }) => message,
    );
    if (failure) failures.push(failure);
    times.push(failure ? DEADLINE_MS : performance.now() - due);
  });
  close();
  return { times, failures };
}

/** Why an answer is wrong, or null; says nothing of what is in it but errors. */
function wrongIn({ status, text }) {
  const { data, errors } = JSON.parse(text);
  if (errors) return `HTTP ${status}: ${JSON.stringify(errors)}`;
  return data.generateToken.token.startsWith("eyJ") ? null : `HTTP ${status} without a token`;
}
