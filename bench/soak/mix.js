/** The requests of a soak. */
import { API_KEY, sessionIdOf } from "../project.js";

/** Session IDs are valid without a record, so no session is created first. */
const SESSIONS = Array.from({ length: 200 }, (_, i) => sessionIdOf(API_KEY, `soak${i}`));
const BATCH = 20;

const GENERATE = `mutation Generate($sessionId: ID!, $data: String, $expireTime: Int) {
  generateToken(sessionId: $sessionId, role: PUBLISHER, data: $data, expireTime: $expireTime) { token expiresAt role }
}`;
const GENERATE_MANY = `mutation Many($sessionId: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { token } }
}`;
const REQUESTS = Array.from({ length: BATCH }, (_, i) => ({ role: "PUBLISHER", data: `user=${i}` }));
const ENSURE = "mutation Ensure($name: String!) { ensureSession(name: $name) { sessionId name } }";
const INSPECT =
  "query Inspect($token: String!) { inspectToken(token: $token) { status role data expiresAt } }";
const ISSUED = `query Issued($sessionId: ID!) {
  session(sessionId: $sessionId) { issuedTokens { nodes { id role issuedTo } pageInfo { endCursor } } }
}`;
const COUNTS = `query Counts($sessionId: ID!) {
  session(sessionId: $sessionId) { issuedTokens(first: 1) { totalCount } }
  sessions(first: 1) { totalCount }
  issuances(interval: MINUTE, last: 3) { startsAt counts { role count } }
}`;

/**
 * The share of each kind of request in percent, and its operation. `ask` gets the request's number, a session and the last delivered
 * token. `tokens` returns the tokens in the data; `refused` is the code of the expected error.
 */
const MIX = [
  {
    share: 40,
    ask: (i, sessionId) => [GENERATE, { sessionId, data: `user=${i}` }],
    tokens: ({ generateToken }) => [generateToken],
  },
  {
    // A new document each time, so that the server's document cache keeps replacing entries.
    share: 10,
    ask: (i, id) => [`mutation Own${i} { generateToken(sessionId: "${id}", data: "user=${i}") { token } }`],
    tokens: ({ generateToken }) => [generateToken],
  },
  {
    share: 4,
    ask: (_, sessionId) => [GENERATE_MANY, { sessionId, requests: REQUESTS }],
    tokens: ({ generateTokens }) => generateTokens,
  },
  { share: 15, ask: (_, __, token) => [INSPECT, { token }] },
  {
    share: 5,
    ask: (i, id) => [`query Session${i} { own${i}: session(sessionId: "${id}") { sessionId mediaMode } }`],
  },
  { share: 5, ask: () => ["mutation Create { createSession(mediaMode: ROUTED) { sessionId createdAt } }"] },
  { share: 6, ask: (i) => [ENSURE, { name: `room-${i % 20}` }] },
  { share: 2, ask: (i) => [ENSURE, { name: `new-${i}` }] },
  { share: 5, ask: () => ["{ sessions { nodes { sessionId name } pageInfo { endCursor } } }"] },
  { share: 4, ask: (_, sessionId) => [ISSUED, { sessionId }] },
  { share: 1, ask: (_, sessionId) => [COUNTS, { sessionId }] },
  { share: 2, ask: () => ["{ videoCaller { subject scopes } videoProject { applicationId } }"] },
  { share: 1, ask: (_, sessionId) => [GENERATE, { sessionId, expireTime: 1 }], refused: "BAD_USER_INPUT" },
];

const ORDER = MIX.flatMap((kind) => Array(kind.share).fill(kind));
/** Coprime to 100: every hundred requests are the whole mix, and equal requests are not in a row. */
const STEP = 37;

/** The request with a number: its kind and its `body`. */
export function requestOf(i, lastToken) {
  const kind = ORDER[(i * STEP) % ORDER.length];
  // In the next hundred, a kind uses other sessions.
  const sessionId = SESSIONS[(i + Math.floor(i / ORDER.length)) % SESSIONS.length];
  const [query, variables] = kind.ask(i, sessionId, lastToken);
  return { ...kind, body: JSON.stringify({ query, variables }) };
}

/** The tokens in an answer. Throws if the answer is wrong; the message contains no token. */
export function tokensIn({ tokens, refused }, status, text) {
  if (status < 200 || status > 299) throw new Error(`HTTP ${status}`);
  const { data, errors: [error] = [] } = JSON.parse(text);
  if (error?.extensions.code !== refused) throw new Error(error?.message ?? `not refused with ${refused}`);
  if (data?.inspectToken && data.inspectToken.status !== "ACTIVE") throw new Error("the token is not active");
  return tokens ? tokens(data).map(({ token }) => token) : [];
}
