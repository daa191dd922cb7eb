import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVERYTHING, signedJwt } from "../support/callers.ts";
import { startServer, type TestServer } from "../support/server.ts";

const caller = (sub: string) => signedJwt({ ...EVERYTHING, sub });

/** A mutation of so many tokens, in one request. */
const tokens = (count: number) => {
  const fields = Array.from({ length: count }, (_, n) => `t${n}: generateToken(sessionId: $id) { token }`);
  return `mutation($id: ID!) { ${fields.join(" ")} }`;
};

const BATCH =
  "mutation($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) { __typename } }";

const LIMITED = [{ extensions: { code: "RATE_LIMITED" } }];

describe("five tokens a minute", () => {
  let server: TestServer;
  let id: string;
  beforeAll(async () => {
    server = await startServer({ NODE_ENV: "production", TOKENS_PER_MINUTE: "5" });
    id = await server.createSession();
  });
  afterAll(() => server.close());

  it("are used up by one request that asks for five", async () => {
    const who = caller("aliases");
    const { data, errors } = await server.graphql(tokens(5), { id }, who);
    expect(errors).toEqual([]);
    expect(new Set(Object.values<{ token: string }>(data).map(({ token }) => token)).size).toBe(5);

    const sixth = await server.graphql(tokens(1), { id }, who);
    expect(sixth.errors).toMatchObject(LIMITED);
    expect(sixth.data).toEqual({ t0: null });
    const { retryAfterSeconds } = sixth.errors[0].extensions;
    expect(Number.isInteger(retryAfterSeconds)).toBe(true);
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  it("are used up by five requests that ask for one", async () => {
    const who = caller("requests");
    for (let n = 0; n < 5; n += 1) {
      expect((await server.graphql(tokens(1), { id }, who)).errors).toEqual([]);
    }
    expect((await server.graphql(tokens(1), { id }, who)).errors).toMatchObject(LIMITED);
  });

  it("are used up by tokens within sessions, too", async () => {
    const who = caller("nested");
    const query = "mutation { createSession { generateToken { session { generateToken { token } } } } }";
    expect((await server.graphql(query, {}, who)).errors).toEqual([]);
    expect((await server.graphql(query, {}, who)).errors).toEqual([]);
    expect((await server.graphql(query, {}, who)).errors).toMatchObject(LIMITED);
  });

  it("are all that a request for six gets", async () => {
    const { data, errors } = await server.graphql(tokens(6), { id }, caller("greedy"));
    expect(errors).toMatchObject(LIMITED);
    expect(Object.values(data).filter((token) => token !== null)).toHaveLength(5);
  });

  it("are used up by one batch of five, whether or not it gets them", async () => {
    const who = caller("batch");
    const batch = (requests: object[]) => server.graphql(BATCH, { id, requests }, who);
    const refused = { expireTime: 1 };
    expect((await batch([{}, refused, refused])).errors).toEqual([]);
    const { data, errors } = await batch([{}, {}, {}]);
    expect(errors).toMatchObject(LIMITED);
    expect(data).toEqual({ generateTokens: null });
    // Those that were too many are counted, too: without them there would be two left.
    expect((await batch([{}])).errors).toMatchObject(LIMITED);
  });

  it("are used up by five that break a rule, or go beyond the grant", async () => {
    const who = signedJwt({
      ...EVERYTHING,
      sub: "refused",
      video_grant: { roles: ["PUBLISHER"], sessions: [id] },
    });
    for (const more of [
      "expireTime: 1",
      "role: MODERATOR",
      "expireTime: 2",
      "role: MODERATOR",
      "expireTime: 3",
    ]) {
      const { errors } = await server.graphql(
        `mutation($id: ID!) { generateToken(sessionId: $id, ${more}) { token } }`,
        { id },
        who,
      );
      expect(errors[0].extensions.code).toMatch(/^(BAD_USER_INPUT|FORBIDDEN)$/);
    }
    expect((await server.graphql(tokens(1), { id }, who)).errors).toMatchObject(LIMITED);
  });

  it("are never enough for a batch of six, which is told so and not to ask again, and takes none", async () => {
    const who = caller("batch of six");
    const batch = (size: number) => server.graphql(BATCH, { id, requests: Array(size).fill({}) }, who);
    const { data, errors } = await batch(6);
    expect(data).toEqual({ generateTokens: null });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "requests" } }]);
    expect(errors[0].message).toMatch(/at most 5\b.*6 were given/);
    expect((await batch(1001)).errors[0].message).toMatch(/at most 1000\b.*1001 were given/);
    expect((await batch(5)).errors).toEqual([]);
  });

  it("are each caller's own: another has them while the first asks ten times over", async () => {
    const [greedy, modest] = [caller("ten times over"), caller("modest")];
    const greedyAsks = Array.from({ length: 5 }, () => server.graphql(tokens(10), { id }, greedy));
    const modestAsks = Array.from({ length: 5 }, () => server.graphql(tokens(1), { id }, modest));
    for (const { errors } of await Promise.all(greedyAsks)) {
      expect(errors.map(({ extensions }) => extensions.code)).toContain("RATE_LIMITED");
    }
    for (const { errors } of await Promise.all(modestAsks)) expect(errors).toEqual([]);
  });

  it("are one caller's, whichever of its credentials it shows", async () => {
    const [first, second] = [300, 600].map((seconds) =>
      signedJwt({ ...EVERYTHING, sub: "same", exp: Math.floor(Date.now() / 1000) + seconds }),
    );
    expect((await server.graphql(tokens(5), { id }, first)).errors).toEqual([]);
    expect((await server.graphql(tokens(1), { id }, second)).errors).toMatchObject(LIMITED);
  });

  it("do not count sessions that are created, nor what is read", async () => {
    const who = caller("reader");
    const token = (await server.graphql(tokens(1), { id }, who)).data.t0.token;
    const read =
      "query($id: ID!, $token: String!) { session(sessionId: $id) { id } inspectToken(token: $token) { status } }";
    for (let n = 0; n < 10; n += 1) {
      expect((await server.graphql(read, { id, token }, who)).errors).toEqual([]);
      expect((await server.graphql("mutation { createSession { id } }", {}, who)).errors).toEqual([]);
    }
    expect((await server.graphql(tokens(4), { id }, who)).errors).toEqual([]);
    const spent = await server.graphql(tokens(1), { id }, who);
    expect(spent.errors).toMatchObject(LIMITED);
    // Who has none left can still read, and create sessions.
    expect((await server.graphql(read, { id, token }, who)).errors).toEqual([]);
    expect((await server.graphql("mutation { createSession { id } }", {}, who)).errors).toEqual([]);
  });
});

describe("five sessions a minute", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ NODE_ENV: "production", SESSIONS_PER_MINUTE: "5" });
  });
  afterAll(() => server.close());

  const create = (who: string, options = "") =>
    server.graphql(`mutation { createSession${options} { id } }`, {}, who);
  const ensure = (who: string, name: string, more = "") =>
    server.graphql(`mutation { ensureSession(name: "${name}"${more}) { id } }`, {}, who);

  it("are used up by five that are created, and say so", async () => {
    const who = caller("creator");
    for (let n = 0; n < 5; n += 1) expect((await create(who)).errors).toEqual([]);
    const { data, errors } = await create(who);
    expect(data).toEqual({ createSession: null });
    expect(errors).toMatchObject(LIMITED);
    const { retryAfterSeconds } = errors[0].extensions;
    expect(errors[0].message).toBe(
      `Too many sessions were requested; try again in ${retryAfterSeconds} seconds`,
    );
    expect((await create(caller("another"))).errors).toEqual([]);
  });

  it("are used up by one request for five, and by those that a rule refuses", async () => {
    const [aliases, refused] = [caller("five aliases"), caller("refused sessions")];
    const five = Array.from({ length: 5 }, (_, n) => `s${n}: createSession { id }`).join(" ");
    expect((await server.graphql(`mutation { ${five} }`, {}, aliases)).errors).toEqual([]);
    expect((await create(aliases)).errors).toMatchObject(LIMITED);
    for (let n = 0; n < 5; n += 1) {
      const { errors } = await create(refused, "(e2ee: true)");
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    }
    expect((await create(refused)).errors).toMatchObject(LIMITED);
  });

  it("count a name's session when it is created, and not when it is found", async () => {
    const who = caller("names");
    for (let n = 0; n < 4; n += 1) expect((await ensure(who, `room ${n}`)).errors).toEqual([]);
    for (let n = 0; n < 10; n += 1) expect((await ensure(who, `room ${n % 4}`)).errors).toEqual([]);
    // Neither do those that a rule refuses: nothing was about to be created.
    expect((await ensure(who, "room 9", ", e2ee: true")).errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect((await ensure(who, "room 0", ", mediaMode: ROUTED")).errors[0].extensions.code).toBe(
      "BAD_USER_INPUT",
    );
    expect((await ensure(who, "room 4")).errors).toEqual([]);
    expect((await ensure(who, "room 5")).errors).toMatchObject(LIMITED);
    expect((await ensure(who, "room 4")).errors).toEqual([]);
    // The name is free for the others.
    expect((await ensure(caller("others"), "room 5")).errors).toEqual([]);
    expect((await ensure(who, "room 5")).errors).toEqual([]);
  });

  it("that are used up are no answer to others who wait for the same name", async () => {
    const spent = caller("spent");
    for (let n = 0; n < 5; n += 1) await create(spent);
    for (let round = 0; round < 10; round += 1) {
      const others = [caller(`first ${round}`), caller(`second ${round}`)];
      const all = await Promise.all(
        [spent, ...others, spent, ...others].map((who) => ensure(who, `shared ${round}`)),
      );
      // Whoever asks first pays. Where that is the one with nothing left, the others must try for themselves.
      const found = all.filter((_, i) => i % 3 !== 0);
      const ids = found.map(({ data, errors }) => (errors.length === 0 ? data.ensureSession.id : errors));
      expect(new Set(ids).size).toBe(1);
      expect(typeof ids[0]).toBe("string");
    }
  });

  it("do not count tokens: who has none left still gets these", async () => {
    const who = caller("tokens of a session");
    await ensure(caller("its owner"), "lobby");
    for (let n = 0; n < 5; n += 1) expect((await create(who)).errors).toEqual([]);
    const join = 'mutation { ensureSession(name: "lobby") { generateToken { token } } }';
    for (let n = 0; n < 10; n += 1) expect((await server.graphql(join, {}, who)).errors).toEqual([]);
  });
});

describe("without authentication", () => {
  it("there is no quota", async () => {
    const server = await startServer();
    const id = await server.createSession();
    const asks = Array.from({ length: 50 }, () => server.graphql(tokens(10), { id }));
    for (const { errors } of await Promise.all(asks)) expect(errors).toEqual([]);
    await server.close();
  });

  it("there is one when it is set", async () => {
    const server = await startServer({ TOKENS_PER_MINUTE: "5" });
    const id = await server.createSession();
    expect((await server.graphql(tokens(5), { id })).errors).toEqual([]);
    expect((await server.graphql(tokens(1), { id })).errors).toMatchObject(LIMITED);
    await server.close();
  });

  it("sessions have none, and have one when it is set", async () => {
    const create = "mutation { createSession { id } }";
    const unlimited = await startServer();
    for (let n = 0; n < 610; n += 10) {
      const asks = Array.from({ length: 10 }, () => unlimited.graphql(create));
      for (const { errors } of await Promise.all(asks)) expect(errors).toEqual([]);
    }
    await unlimited.close();
    const limited = await startServer({ SESSIONS_PER_MINUTE: "1" });
    expect((await limited.graphql(create)).errors).toEqual([]);
    expect((await limited.graphql(create)).errors).toMatchObject(LIMITED);
    await limited.close();
  });
});
