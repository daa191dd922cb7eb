import { describe, expect, it } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { serverForTest } from "../support/server.ts";
import { newDatabaseUrl, openStore } from "../support/stores.ts";

/** The last second that a GraphQL Int can say, 2038-01-19T03:14:07Z. */
const MAX_INT = 2_147_483_647;
const DAY = 86_400;

const SESSION = `mutation { createSession { sessionId createdAt }
  one: ensureSession(name: "standup", maxAge: 60) { id } same: ensureSession(name: "standup", maxAge: 60) { id } }`;
const GENERATE = `mutation($id: ID!, $expireTime: Int, $expiresIn: Int, $format: TokenFormat) {
  generateToken(sessionId: $id, expireTime: $expireTime, expiresIn: $expiresIn, format: $format) {
    token expireTime expiresAt createdAt } }`;
const GENERATE_MANY = `mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) {
  ... on ConnectionToken { token expireTime expiresAt } ... on TokenRefusal { message } } }`;
const RECORDS = `query($id: ID!) {
  session(sessionId: $id) { createdHere createdAt issuedTokens { nodes { issuedAt expiresAt } } }
  sessions { nodes { sessionId createdAt } }
  issuances(interval: DAY, last: 1) { startsAt counts { count } } }`;
const INSPECT = `query($token: String!) { inspectToken(token: $token) { status reason expiresAt createdAt } }`;

const at = (seconds: number) => new Date(seconds * 1000).toISOString();

describe.each(["SQLite in memory", "SQLite in a file", "PostgreSQL"] as const)("with %s", (engine) => {
  it.each([
    // From here on a day is too long for an Int.
    "2038-01-18T03:14:07Z",
    "2038-01-18T12:00:00Z",
    "2038-01-20T00:00:00Z",
    "2100-01-01T00:00:00Z",
  ])("everything works at %s, and `expireTime` is null beyond an Int", async (text) => {
    const clock = new Date(text);
    const now = clock.getTime() / 1000;
    const url = await newDatabaseUrl(engine);
    const server = await serverForTest({ DATABASE_URL: url, AUTH_JWT_SECRET: JWT_SECRET }, () => clock);
    const credential = signedJwt({ ...EVERYTHING, exp: now + 60 });
    const ask = async (query: string, variables = {}, as = credential) => {
      const { data, errors } = await server.graphql(query, variables, as);
      expect(errors).toEqual([]);
      return data;
    };
    const ending = (seconds: number) => ({
      token: expect.any(String),
      expireTime: seconds > MAX_INT ? null : seconds,
      expiresAt: at(seconds),
    });

    const { createSession, one, same } = await ask(SESSION);
    expect(createSession.createdAt).toBe(at(now));
    expect(one).toEqual(same);
    const id = createSession.sessionId;

    const tokens: string[] = [];
    const generate = async (variables: object, end: number, as = credential) => {
      const { generateToken } = await ask(GENERATE, { id, ...variables }, as);
      expect(generateToken).toEqual({ ...ending(end), createdAt: at(now) });
      tokens.push(generateToken.token);
    };
    for (const format of ["JWT", "T1"]) {
      await generate({ format }, now + DAY);
      await generate({ format, expiresIn: 1 }, now + 1);
      await generate({ format, expiresIn: 30 * DAY }, now + 30 * DAY);
      if (now < MAX_INT) await generate({ format, expireTime: MAX_INT }, MAX_INT);
    }
    const { generateTokens } = await ask(GENERATE_MANY, {
      id,
      requests: [{}, { expiresIn: 30 * DAY, format: "T1" }],
    });
    expect(generateTokens).toEqual([ending(now + DAY), ending(now + 30 * DAY)]);
    tokens.push(...generateTokens.map(({ token }: { token: string }) => token));
    if (engine !== "SQLite in memory") {
      const { key, id: keyId, digest } = newApiKey();
      const store = await openStore(url);
      await store.apiKeys.add({
        id: keyId,
        name: "web",
        digest,
        claims: EVERYTHING,
        createdAt: clock,
        revokedAt: null,
      });
      await generate({ expiresIn: 60 }, now + 60, key);
    }

    for (const token of tokens) {
      const { inspectToken } = await ask(INSPECT, { token });
      expect(inspectToken).toMatchObject({ status: "ACTIVE", reason: null, createdAt: at(now) });
    }
    const { session, sessions, issuances } = await ask(RECORDS, { id });
    expect(session).toMatchObject({ createdHere: true, createdAt: at(now) });
    expect(session.issuedTokens.nodes).toHaveLength(tokens.length);
    expect(session.issuedTokens.nodes.at(-1)).toEqual({ issuedAt: at(now), expiresAt: at(now + DAY) });
    expect(sessions.nodes.map(({ sessionId }: { sessionId: string }) => sessionId)).toContain(id);
    expect(issuances).toEqual([
      { startsAt: at(now - (now % DAY)), counts: expect.arrayContaining([{ count: tokens.length }]) },
    ]);
  });
});
