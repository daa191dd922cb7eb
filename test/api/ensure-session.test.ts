import { join } from "node:path";
import Libsql from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { answer, honest, refuse, startFaultServer } from "../support/fault-server.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const FIELDS =
  "id name mediaMode archiveMode archiveName archiveResolution location e2ee createdAt createdHere applicationId";
const ENSURE = `mutation(
    $name: String!, $maxAge: Int, $mediaMode: MediaMode, $archiveMode: ArchiveMode, $archiveName: String,
    $archiveResolution: ArchiveResolution, $location: String, $e2ee: Boolean) {
  ensureSession(
    name: $name, maxAge: $maxAge, mediaMode: $mediaMode, archiveMode: $archiveMode, archiveName: $archiveName,
    archiveResolution: $archiveResolution, location: $location, e2ee: $e2ee) { ${FIELDS} } }`;

const ensure = (variables: Record<string, unknown>, on: TestServer = server) => on.graphql(ENSURE, variables);
const listed = async () =>
  (await server.graphql("{ sessions(first: 100) { nodes { id name } } }")).data.sessions.nodes;

describe("ensureSession", () => {
  it("creates the session of a name, and gives the same to whoever asks later", async () => {
    const { data, errors } = await ensure({ name: "standup" });
    expect(errors).toEqual([]);
    expect(data.ensureSession).toEqual({
      id: expect.stringMatching(/^1_/),
      name: "standup",
      mediaMode: "RELAYED",
      archiveMode: "MANUAL",
      archiveName: null,
      archiveResolution: null,
      location: null,
      e2ee: false,
      createdAt: expect.any(String),
      createdHere: true,
      applicationId: API_KEY,
    });
    expect((await ensure({ name: "standup" })).data).toEqual(data);
    const found = await server.graphql(`query($id: ID!) { session(sessionId: $id) { ${FIELDS} } }`, {
      id: data.ensureSession.id,
    });
    expect(found.data.session).toEqual(data.ensureSession);
  });

  it("gives one session to all who ask at once, and to each name its own", async () => {
    const names = Array.from({ length: 10 }, (_, i) => `room ${i}`);
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => ensure({ name: names[i % names.length] })),
    );
    const ids = new Map(names.map((name) => [name, new Set<string>()]));
    for (const { data } of answers) ids.get(data.ensureSession.name)?.add(data.ensureSession.id);
    expect([...ids.values()].map(({ size }) => size)).toEqual(names.map(() => 1));
    expect(new Set([...ids.values()].flatMap((set) => [...set])).size).toBe(names.length);
  });

  it("generates a token in the same round trip", async () => {
    const { data, errors } = await server.graphql(
      'mutation { ensureSession(name: "standup") { sessionId generateToken(role: MODERATOR) { token sessionId role } } }',
    );
    expect(errors).toEqual([]);
    const { sessionId, generateToken } = data.ensureSession;
    expect(generateToken).toEqual({ token: expect.stringMatching(/^eyJ/), sessionId, role: "MODERATOR" });
  });

  const options = {
    mediaMode: "ROUTED",
    archiveMode: "ALWAYS",
    archiveName: "Monday",
    archiveResolution: "HD_PORTRAIT",
    location: "203.0.113.7",
    e2ee: false,
  };

  it.each([
    [
      "mediaMode",
      { mediaMode: "RELAYED", archiveMode: "MANUAL", archiveName: null, archiveResolution: null },
    ],
    ["archiveMode", { archiveMode: "MANUAL", archiveName: null, archiveResolution: null }],
    ["archiveName", { archiveName: "Tuesday" }],
    ["archiveResolution", { archiveResolution: "FHD_LANDSCAPE" }],
    ["location", { location: "203.0.113.8" }],
  ])("refuses another %s than that of the session there is", async (argument, other) => {
    const before = await ensure({ name: "recorded", ...options });
    expect(before.errors).toEqual([]);
    const { data, errors } = await ensure({ name: "recorded", ...options, ...other });
    expect(data).toEqual({ ensureSession: null });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
    expect((await ensure({ name: "recorded", ...options })).data).toEqual(before.data);
  });

  it.each([
    ["absent", {}],
    ["null", { mediaMode: null, archiveMode: null, archiveName: null, location: null, e2ee: null }],
    ["partly given", { mediaMode: "ROUTED", archiveMode: "ALWAYS" }],
    ["given without what a new session would need beside it", { archiveMode: "ALWAYS" }],
  ])("gives the session there is to who asks with options that are %s", async (_, given) => {
    const before = await ensure({ name: "recorded", ...options });
    expect(await ensure({ name: "recorded", ...given })).toMatchObject({ data: before.data, errors: [] });
  });

  it("gives a new session the default of what is absent or null, and then holds it to what is asked", async () => {
    const { data } = await ensure({ name: "by default", mediaMode: null, e2ee: null });
    expect(data.ensureSession).toMatchObject({ mediaMode: "RELAYED", archiveMode: "MANUAL", e2ee: false });
    expect((await ensure({ name: "by default" })).data).toEqual(data);
    expect((await ensure({ name: "by default", mediaMode: "RELAYED" })).data).toEqual(data);
    expect((await ensure({ name: "by default", mediaMode: "ROUTED" })).errors).toMatchObject([
      { extensions: { code: "BAD_USER_INPUT", argument: "mediaMode" } },
    ]);
  });

  it("gives one session to all who ask at once, whether or not they give the defaults", async () => {
    const given = [{}, { mediaMode: "RELAYED" }, { location: null }, { archiveMode: "MANUAL", e2ee: false }];
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ensure({ name: "at once", ...given[i % given.length] })),
    );
    expect(new Set(answers.map(({ data }) => data.ensureSession.id)).size).toBe(1);
  });

  it("says in the contract's words which option differs", async () => {
    await ensure({ name: "encrypted", mediaMode: "ROUTED", e2ee: true });
    const { errors } = await ensure({ name: "encrypted", e2ee: false });
    expect(errors[0].message).toBe("e2ee is true in the session with this name, but false was requested");
    const other = await ensure({ name: "encrypted", mediaMode: "RELAYED" });
    expect(other.errors[0].message).toBe(
      "mediaMode is ROUTED in the session with this name, but RELAYED was requested",
    );
  });

  it.each([
    ["name", { name: "" }],
    ["name", { name: "a".repeat(201) }],
    ["name", { name: "a\u0000b" }],
    ["name", { name: "a\nb" }],
    ["name", { name: "a\u2028b" }],
    ["name", { name: "a\ud800" }],
    ["name", { name: " standup" }],
    ["name", { name: "standup " }],
    ["name", { name: "stand  up" }],
    ["name", { name: "standup\u200b" }],
    ["maxAge", { name: "refused", maxAge: 0 }],
    ["maxAge", { name: "refused", maxAge: -1 }],
    ["archiveMode", { name: "refused", archiveMode: "ALWAYS" }],
    ["archiveName", { name: "refused", ...options, archiveName: "a\u0000" }],
    ["e2ee", { name: "refused", e2ee: true }],
    ["location", { name: "refused", location: "here" }],
  ])("refuses a bad %s, and creates nothing: %j", async (argument, variables) => {
    const before = await listed();
    const { data, errors } = await ensure(variables);
    expect(data).toEqual({ ensureSession: null });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
    expect(await listed()).toEqual(before);
  });

  it.each(["🎥 é ü", "*", "%_'\"\\", "a".repeat(200)])("takes the name %j as it is", async (name) => {
    const { data } = await ensure({ name });
    expect(data.ensureSession.name).toBe(name);
    expect((await ensure({ name })).data).toEqual(data);
    expect((await listed()).filter((session: { name: string }) => session.name === name)).toHaveLength(1);
  });

  it("takes every way to write a name in Unicode for one name, under one grant", async () => {
    const guarded = await startServer({ AUTH_JWT_SECRET: JWT_SECRET });
    try {
      const claims = { scope: "sessions:create", video_grant: { names: ["e\u0301quipe"] } };
      const ask = (name: string) => guarded.graphql(ENSURE, { name }, signedJwt(claims));
      const { data } = await ask("\u00e9quipe");
      expect(data.ensureSession.name).toBe("\u00e9quipe");
      expect((await ask("e\u0301quipe")).data).toEqual(data);
      expect((await ask("\u00e9quipe ")).errors).toMatchObject([{ extensions: { argument: "name" } }]);
      // A grant with a name that no session can have is malformed, and allows nothing.
      const malformed = { ...claims, video_grant: { names: ["*", "standup "] } };
      expect((await guarded.graphql(ENSURE, { name: "standup" }, signedJwt(malformed))).errors).toMatchObject(
        [{ extensions: { code: "FORBIDDEN", requiredName: "standup" } }],
      );
    } finally {
      await guarded.close();
    }
  });

  it("refuses a name that the caller may not use, before anything of it is looked at", async () => {
    const guarded = await startServer({ AUTH_JWT_SECRET: JWT_SECRET });
    try {
      const credential = signedJwt({ scope: "sessions:create", video_grant: { names: ["room-*"] } });
      const ask = (name: string) => guarded.graphql(ENSURE, { name, e2ee: true }, credential);
      expect((await ask("lobby")).errors).toMatchObject([
        { extensions: { code: "FORBIDDEN", requiredName: "lobby" } },
      ]);
      expect((await ask("room-1")).errors).toMatchObject([{ extensions: { argument: "e2ee" } }]);
    } finally {
      await guarded.close();
    }
  });
});

describe("ensureSession while the platform fails", () => {
  it.each([
    ["is down", answer(503, "text/plain", ""), "PLATFORM_UNAVAILABLE"],
    ["refuses", refuse(403, "Issuer not found"), "PLATFORM_REJECTED"],
    ["limits the project", refuse(429, "Slow down", { "retry-after": "7" }), "RATE_LIMITED"],
  ])("leaves nothing of the name, and the next who ask get it at once: it %s", async (_, behaviour, code) => {
    const fault = await startFaultServer(behaviour);
    const file = join(temporaryFolder(), "test.db");
    const on = await startServer({
      DATABASE_URL: `file:${file}`,
      PLATFORM: "opentok",
      OPENTOK_API_URL: fault.url,
    });
    const database = new Libsql(file, { timeout: 2000 });
    try {
      const answers = await Promise.all(Array.from({ length: 3 }, () => ensure({ name: "standup" }, on)));
      for (const { errors } of answers) expect(errors).toMatchObject([{ extensions: { code } }]);
      expect(database.prepare("SELECT * FROM session_names").all()).toEqual([]);

      fault.behave(honest("opentok", API_KEY, API_SECRET));
      const begin = performance.now();
      const { data } = await ensure({ name: "standup" }, on);
      expect(data.ensureSession.name).toBe("standup");
      // The lease of one who died would last for longer.
      expect(performance.now() - begin).toBeLessThan(4000);

      database.exec("UPDATE session_names SET since = since - 61000");
      fault.behave(behaviour);
      expect((await ensure({ name: "standup", maxAge: 60 }, on)).errors).toMatchObject([
        { extensions: { code } },
      ]);
      expect((await ensure({ name: "standup" }, on)).data).toEqual(data);
    } finally {
      database.close();
      await on.close();
      await fault.close();
    }
  });

  it("gives the platform's limit to whoever caused it, and lets the others try", async () => {
    const well = honest("opentok", API_KEY, API_SECRET);
    const fault = await startFaultServer();
    const on = await startServer({
      AUTH_JWT_SECRET: JWT_SECRET,
      PLATFORM: "opentok",
      OPENTOK_API_URL: fault.url,
    });
    const claims = { scope: "sessions:create", video_grant: { names: ["*"] } };
    const ask = (sub: string) => on.graphql(ENSURE, { name: "standup" }, signedJwt({ ...claims, sub }));
    let limit = () => {};
    fault.behave((response, request) => {
      limit = () => refuse(429, "Slow down")(response, request);
      fault.behave(well);
    });
    try {
      const first = ask("first");
      await expect.poll(() => fault.received.length).toBe(1);
      const again = ask("first");
      const others = ["second", "third", "fourth"].map(ask);
      // They wait for the first by the time that this is answered.
      await on.graphql("{ videoCaller { subject } }", {}, signedJwt({ ...claims, sub: "fifth" }));
      limit();
      expect((await first).errors).toMatchObject([{ extensions: { code: "RATE_LIMITED" } }]);
      expect((await again).errors).toMatchObject([{ extensions: { code: "RATE_LIMITED" } }]);
      const ids = (await Promise.all(others)).map(({ data }) => data?.ensureSession.id);
      expect(new Set(ids).size).toBe(1);
      expect(ids[0]).toMatch(/^1_/);
      expect(fault.received).toHaveLength(2);
    } finally {
      await on.close();
      await fault.close();
    }
  });
});

describe("ensureSession with maxAge", () => {
  it("replaces a session that is older, and no other", async () => {
    const file = join(temporaryFolder(), "test.db");
    const on = await startServer({ DATABASE_URL: `file:${file}` });
    try {
      const ask = async (variables: object) =>
        (await ensure({ name: "standup", ...variables }, on)).data.ensureSession.id;
      const first = await ask({});
      expect(await ask({ maxAge: 60 })).toBe(first);
      const database = new Libsql(file, { timeout: 2000 });
      database.exec("UPDATE session_names SET since = since - 61000");
      expect(await ask({})).toBe(first);
      expect(await ask({ maxAge: 90 })).toBe(first);

      const others = await Promise.all(Array.from({ length: 50 }, () => ask({ maxAge: 60 })));
      expect(new Set(others).size).toBe(1);
      expect(others[0]).not.toBe(first);
      expect(await ask({})).toBe(others[0]);

      // The one that was replaced is still there, and has its name.
      const { data } = await on.graphql("{ sessions { nodes { id name } } }");
      expect(data.sessions.nodes).toEqual([
        { id: others[0], name: "standup" },
        { id: first, name: "standup" },
      ]);
      database.close();
    } finally {
      await on.close();
    }
  });

  it("replaces it by one with other options", async () => {
    const file = join(temporaryFolder(), "test.db");
    const on = await startServer({ DATABASE_URL: `file:${file}` });
    try {
      await ensure({ name: "standup" }, on);
      const database = new Libsql(file, { timeout: 2000 });
      database.exec("UPDATE session_names SET since = since - 61000");
      database.close();
      const { data } = await ensure({ name: "standup", maxAge: 60, mediaMode: "ROUTED" }, on);
      expect(data.ensureSession.mediaMode).toBe("ROUTED");
    } finally {
      await on.close();
    }
  });
});
