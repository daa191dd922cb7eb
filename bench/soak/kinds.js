/** The kinds of requests that a server is soaked with. */
import { API_KEY } from "../project.js";

/** Known by their IDs alone, so that nothing need be created first; so many that each has fewer tokens than the server counts. */
export const SESSIONS = Array.from({ length: 200 }, (_, i) => {
  const random = `soak${String(i).padStart(3, "0")}`.padEnd(24, "x");
  return `1_${Buffer.from(`1~${API_KEY}~~1795500000000~${random}~P~~`).toString("base64url")}`;
});

const BATCH = 20;

const REQUESTS = Array.from({ length: BATCH }, (_, i) => ({ role: "PUBLISHER", data: `user=${i}` }));

const GENERATE = `mutation Generate($sessionId: ID!, $data: String, $expireTime: Int) {
  generateToken(sessionId: $sessionId, role: PUBLISHER, data: $data, expireTime: $expireTime) { token expiresAt role }
}`;

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

/** The last token that was generated. */
let lastToken = "none";

function tokenIn({ generateToken }) {
  lastToken = generateToken.token;
  return lastToken.startsWith("eyJ");
}

/** The most that the server counts. */
export const MOST_COUNTED = 10_000;

/** A page is not empty when there is something to be on it, and a number not less than what there is. */
const isPage = ({ nodes }, onRecord) => Array.isArray(nodes) && nodes.length >= Math.min(onRecord, 1);
const isCount = ({ totalCount }, onRecord) => totalCount >= Math.min(onRecord, MOST_COUNTED);

/**
 * How many of a thousand requests are of each kind; what is asked, given the request's number and a session; how many tokens
 * that mints and sessions it creates; and whether the data, or the errors where there should be some, are right, given the
 * variables and what was on record when it was asked: so many `sessions`, `tokens`, and `tokensOfSession` of the one it is about.
 *
 * What has the database count becomes dearer until there is as much as it counts. It is less than one in a hundred, so
 * that the p99 is not its time alone.
 */
export const KINDS = {
  generateToken: {
    of1000: 400,
    ask: (i, sessionId) => ({
      query: GENERATE,
      variables: { sessionId, data: `user=${i}`, expireTime: inAnHour() },
    }),
    mints: 1,
    right: tokenIn,
  },
  inspectToken: {
    of1000: 150,
    ask: () => ({
      query: "query Inspect($token: String!) { inspectToken(token: $token) { status role data expiresAt } }",
      variables: { token: lastToken },
    }),
    right: ({ inspectToken }, { token }) => inspectToken.status === (token === "none" ? "INVALID" : "ACTIVE"),
  },
  "generateToken, of a document of its own": {
    of1000: 100,
    ask: (i, sessionId) => ({
      query: `mutation Generate${i} { generateToken(sessionId: "${sessionId}", data: "user=${i}") { token } }`,
    }),
    mints: 1,
    right: tokenIn,
  },
  "session, of a document of its own": {
    of1000: 50,
    ask: (i, sessionId) => ({
      query: `query Session${i} { own${i}: session(sessionId: "${sessionId}") { sessionId mediaMode } }`,
    }),
    right: (data) => Object.values(data)[0].sessionId.startsWith("1_"),
  },
  createSession: {
    of1000: 50,
    ask: () => ({ query: "mutation Create { createSession(mediaMode: ROUTED) { sessionId createdAt } }" }),
    creates: 1,
    right: ({ createSession }) => createSession.sessionId.startsWith("1_"),
  },
  "ensureSession of a name there is": {
    of1000: 60,
    ask: (i) => ({ query: ENSURE, variables: { name: `room-${i % 20}` } }),
    right: ({ ensureSession }) => ensureSession.name.startsWith("room-"),
  },
  "ensureSession of a new name": {
    of1000: 20,
    ask: (i) => ({ query: ENSURE, variables: { name: `new-${i}` } }),
    creates: 1,
    right: ({ ensureSession }) => ensureSession.name.startsWith("new-"),
  },
  generateTokens: {
    of1000: 40,
    ask: (_, sessionId) => ({
      query: `mutation Many($sessionId: ID!, $requests: [TokenRequest!]!) {
        generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { token } }
      }`,
      variables: { sessionId, requests: REQUESTS },
    }),
    mints: BATCH,
    right: ({ generateTokens }) =>
      generateTokens.length === BATCH && generateTokens.every(({ token }) => token),
  },
  "a page of sessions": {
    of1000: 50,
    ask: () => ({ query: "{ sessions { nodes { sessionId name } pageInfo { endCursor } } }" }),
    right: ({ sessions }, _, onRecord) => isPage(sessions, onRecord.sessions),
  },
  "a page of issuedTokens": {
    of1000: 40,
    ask: (_, sessionId) => ({
      query: `query Issued($sessionId: ID!) {
        session(sessionId: $sessionId) { issuedTokens { nodes { id role issuedTo } pageInfo { endCursor } } }
      }`,
      variables: { sessionId },
    }),
    right: ({ session }, _, onRecord) => isPage(session.issuedTokens, onRecord.tokensOfSession),
  },
  "the number of sessions": {
    of1000: 3,
    ask: () => ({ query: "{ sessions(first: 1) { totalCount } }" }),
    right: ({ sessions }, _, onRecord) => isCount(sessions, onRecord.sessions),
  },
  "the number of issuedTokens": {
    of1000: 3,
    ask: (_, sessionId) => countOf(sessionId),
    right: ({ session }, _, onRecord) => isCount(session.issuedTokens, onRecord.tokensOfSession),
  },
  issuances: {
    of1000: 2,
    // Of minutes that are there once it is warm: what there is to count would else grow with the soak, as would all that waits.
    ask: () => ({ query: "{ issuances(interval: MINUTE, last: 3) { startsAt counts { role count } } }" }),
    right: ({ issuances }, _, onRecord) => {
      const counted = issuances.flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0);
      return counted >= Math.min(onRecord.tokens, 1);
    },
  },
  viewer: {
    of1000: 22,
    ask: () => ({ query: "{ viewer { subject scopes } project { applicationId } }" }),
    right: ({ viewer }) => viewer.subject.startsWith("soak-"),
  },
  "generateToken that is refused": {
    of1000: 10,
    ask: (i, sessionId) => ({ query: GENERATE, variables: { sessionId, data: `user=${i}`, expireTime: 1 } }),
    refused: "BAD_USER_INPUT",
  },
};

const ENSURE = "mutation Ensure($name: String!) { ensureSession(name: $name) { sessionId name } }";

/** How many tokens the ledger has for a session, up to `MOST_COUNTED`. */
export const countOf = (sessionId) => ({
  query: "query Count($id: ID!) { session(sessionId: $id) { issuedTokens(first: 1) { totalCount } } }",
  variables: { id: sessionId },
});
