/** Attacks of one caller on a server that others use. */
import jsonwebtoken from "jsonwebtoken";
import { requestFor } from "../caller.js";
import { API_KEY, API_SECRET, SESSION_ID } from "../project.js";

/** Placeholder for eight random digits, which make each request new. The ID of an API key has as many. */
export const UNIQUE = "uniqueNo";

const KB = 1024;
/** For attacks that need more tokens than the default quota. */
const NO_QUOTA = { TOKENS_PER_MINUTE: "999999999" };

export const EVERYTHING = {
  scope: "sessions:create sessions:read tokens:create tokens:inspect ledger:read",
  video_grant: { roles: ["PUBLISHER", "MODERATOR"], sessions: ["*"], names: ["*"] },
};
const TEAMS = { ...EVERYTHING, video_grant: { roles: ["PUBLISHER"], names: ["team-*"] } };

const SESSION = "id name mediaMode archiveMode archiveName archiveResolution location e2ee createdAt";
const INTROSPECTION = `__schema { queryType { name } mutationType { name } types { ...Type }
  directives { name description locations args { ...Input } } }`;
const FRAGMENTS = `fragment Type on __Type { kind name description
    fields(includeDeprecated: true) { name description args { ...Input } type { ...Ref } isDeprecated deprecationReason }
    inputFields { ...Input } interfaces { ...Ref } possibleTypes { ...Ref }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } }
  fragment Input on __InputValue { name description type { ...Ref } defaultValue }
  fragment Ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

const json = (query, variables) => JSON.stringify({ query, variables });
const aliased = (count, field) => Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(" ");
/** Pairs of a first and a second size, with the largest product first. */
const pairs = (firsts, seconds) =>
  firsts.flatMap((a) => seconds.map((b) => [a, b])).sort(([a, b], [c, d]) => c * d - a * b);

const introspection = (count) => json(`query q_${UNIQUE} { ${aliased(count, INTROSPECTION)} } ${FRAGMENTS}`);

function comments(bytes) {
  // A line takes three bytes in JSON.
  const lines = "#\n".repeat(Math.floor((bytes - 100) / 3));
  return json(`query q_${UNIQUE} { videoCaller { id } }\n${lines}`);
}

function batch(tokens, data, aliases) {
  const query = `mutation ($sessionId: ID!, $requests: [TokenRequest!]!) {
    generateTokens(sessionId: $sessionId, requests: $requests) { ... on ConnectionToken { ${aliased(aliases, "token")} } }
  }`;
  return json(query, { sessionId: SESSION_ID, requests: Array(tokens).fill({ data }) });
}

/** Batches with long answers, the longest first. A character takes four bytes of a token; the rest of a token is about 400 bytes. */
function* longBatches() {
  const sizes = pairs([1000, 500, 150, 50], [1000, 300, 100]).flatMap(([tokens, length]) =>
    [11, 5, 1].map((aliases) => ({ tokens, length, aliases, answer: tokens * (4 * length + 400) * aliases })),
  );
  for (const { tokens, length, aliases } of sizes.sort((a, b) => b.answer - a.answer)) {
    const label = `${tokens} tokens with ${length} characters, ${aliases} times`;
    yield { label, body: batch(tokens, "中".repeat(length), aliases) };
  }
}

function* tokensOfSessions() {
  for (const [first, pages] of pairs([100, 50, 20, 10], [14, 7, 3, 1])) {
    const fields = aliased(pages, "issuedTokens(first: 1) { __typename }");
    yield {
      label: `${pages} for each of ${first} sessions`,
      body: json(`{ sessions(first: ${first}) { nodes { ${fields} } } }`),
    };
  }
}

function* questions() {
  const intervals = ["MINUTE", "HOUR", "DAY"];
  for (const fields of [3, 2, 1]) {
    // Each request has other arguments.
    const bodies = Array.from({ length: 90 }, (_, i) => {
      const args = `interval: ${intervals[i % 3]}, last: ${i + 1}`;
      return json(`{ ${aliased(fields, `issuances(${args}) { __typename }`)} }`);
    });
    yield { label: `${fields} in one operation`, bodies };
  }
}

/** One operation with a field under as many aliases as the server accepts. */
const timesOf = (field, { before = "", variables, times = [10, 5, 1] } = {}) =>
  times.map((count) => ({
    label: `${count} in one operation`,
    body: json(`${before} { ${aliased(count, field)} }`, variables),
  }));

const only = (body, label = "") => [{ label, body }];

function inspectedToken() {
  const claims = { iss: API_KEY, ist: "project", role: "publisher", scope: "session.connect" };
  const data = { session_id: SESSION_ID, nonce: "a", jti: "a", connection_data: "中".repeat(1000) };
  return jsonwebtoken.sign({ ...claims, ...data }, API_SECRET, { expiresIn: "2h" });
}

const ensure = (name) => json("mutation ($name: String!) { ensureSession(name: $name) { id } }", { name });
const FLOOD = requestFor(SESSION_ID).body;
const VIDEO_CALLER = json("{ videoCaller { id } }");
const brokenJwt = () => requestFor(SESSION_ID).headers.authorization.slice(0, -UNIQUE.length) + UNIQUE;

/**
 * The attacks. `variants` returns the requests, the largest first: the attacker uses the first that the server accepts, or the last.
 * A variant has one `body`, or `bodies` that take turns. Optional: the caller's `claims`, or other `headers`; a `path`, for a GET;
 * the number of `connections`. `hold` is what the attacker holds back, and `env` is the server's.
 * Attacks that read records come before attacks that add some.
 */
export const ATTACKS = [
  {
    name: "comments",
    what: "documents full of comments",
    variants: () => [512, 64].map((size) => ({ label: `${size} KB`, body: comments(size * KB) })),
  },
  { name: "long-batches", what: "batches with long data under aliases", variants: longBatches },
  {
    name: "unread",
    what: "batches whose answers are not read",
    variants: longBatches,
    hold: "answers",
    env: NO_QUOTA,
  },
  {
    name: "introspections",
    what: "aliased introspection, each a new document",
    variants: () =>
      [10, 3, 1].map((count) => ({ label: `${count} in one operation`, body: introspection(count) })),
  },
  {
    name: "introspection",
    what: "the ordinary introspection query",
    variants: () => only(json(`query IntrospectionQuery { ${INTROSPECTION} } ${FRAGMENTS}`)),
  },
  {
    name: "refused-documents",
    what: "new documents of 240 root fields",
    variants: () => only(json(`query q_${UNIQUE} { ${"videoCaller { id } ".repeat(240)} }`)),
  },
  { name: "tokens-of-sessions", what: "token pages of a page of sessions", variants: tokensOfSessions },
  {
    name: "counts",
    what: "counts of 100,000 sessions by name prefix",
    claims: TEAMS,
    variants: () => timesOf("sessions(first: 1) { totalCount }"),
  },
  {
    name: "pages",
    what: "pages of 100 sessions by name prefix",
    claims: TEAMS,
    variants: () => only(json(`{ sessions(first: 100) { nodes { ${SESSION} } } }`)),
  },
  { name: "issuances", what: "issuances with varying arguments", connections: 8, variants: questions },
  {
    name: "inspect",
    what: "inspectToken",
    variants: () =>
      timesOf("inspectToken(token: $token) { status }", {
        before: "query ($token: String!)",
        variables: { token: inspectedToken() },
      }),
  },
  {
    name: "create-session",
    what: "createSession",
    variants: () => timesOf("createSession { id }", { before: "mutation" }),
  },
  { name: "new-names", what: "ensureSession with new names", variants: () => only(ensure(`new-${UNIQUE}`)) },
  { name: "one-name", what: "ensureSession with one name", variants: () => only(ensure("one")) },
  {
    name: "unfinished-bodies",
    what: "200 bodies without their last byte",
    connections: 200,
    hold: "last byte",
    variants: () =>
      [6100, 511, 63].map((size) => ({ label: `${size} KB`, body: batch(1, "", 1).padEnd(size * KB) })),
  },
  {
    name: "unknown-keys",
    what: "unknown API keys",
    headers: () => ({ "x-api-key": `stagepass_${UNIQUE}_${"A".repeat(43)}` }),
    variants: () => only(VIDEO_CALLER),
  },
  { name: "readyz", what: "GET /readyz", headers: () => ({}), path: "/readyz", variants: () => only("") },
  {
    name: "broken-jwts",
    what: "broken JWTs",
    headers: () => ({ authorization: brokenJwt() }),
    variants: () => only(VIDEO_CALLER),
  },
  { name: "flood-beyond-quota", what: "generateToken, mostly over the quota", variants: () => only(FLOOD) },
  { name: "flood", what: "generateToken without a quota", variants: () => only(FLOOD), env: NO_QUOTA },
  {
    name: "batches",
    what: "batches of tokens without a quota",
    variants: () =>
      [1000, 300, 100].map((tokens) => ({
        label: `${tokens} tokens`,
        body: batch(tokens, "username=bob", 1),
      })),
    env: NO_QUOTA,
  },
];
