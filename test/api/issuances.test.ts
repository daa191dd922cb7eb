import { describe, expect, it } from "vitest";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY } from "../support/credentials.ts";
import { insert, NOW, neverCreated, startWithFile } from "../support/ledger-file.ts";
import { serverForTest } from "../support/server.ts";

const start = (env?: Record<string, string>, now = () => NOW) => serverForTest(env, now);
const HOUR = 3_600_000;
const ROLES = ["SUBSCRIBER", "PUBLISHER", "PUBLISHER_ONLY", "MODERATOR"];

const ISSUANCES = `query($interval: IssuanceInterval, $last: Int) {
  issuances(interval: $interval, last: $last) { startsAt counts { role count } } }`;
const GENERATE = `mutation($id: ID!, $role: Role) { generateToken(sessionId: $id, role: $role) { token } }`;

type Period = { startsAt: string; counts: { role: string; count: number }[] };

/** The periods in which anything was issued, by their beginnings, with the number of each role of which there is any. */
function issuedIn(periods: Period[]): Record<string, Record<string, number>> {
  const some = periods.map(({ startsAt, counts }) => {
    expect(counts.map(({ role }) => role)).toEqual(ROLES);
    const byRole = counts.filter(({ count }) => count > 0).map(({ role, count }) => [role, count]);
    return [startsAt, Object.fromEntries(byRole)] as const;
  });
  return Object.fromEntries(some.filter(([, byRole]) => Object.keys(byRole).length > 0));
}

/** How many were issued in all. */
function totalOf(periods: Period[]): number {
  return periods.flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0);
}

describe("issuances", () => {
  it("is of 24 hours, oldest first, of which the last is not over, when nothing else is asked for", async () => {
    const server = await start();
    const { data, errors } = await server.graphql("{ issuances { startsAt counts { role count } } }");
    expect(errors).toEqual([]);
    expect(data.issuances.map(({ startsAt }: Period) => startsAt)).toEqual(
      Array.from({ length: 24 }, (_, i) =>
        new Date(Date.parse("2026-11-23T10:00:00.000Z") + i * HOUR).toISOString(),
      ),
    );
    for (const { counts } of data.issuances) {
      expect(counts).toEqual(ROLES.map((role) => ({ role, count: 0 })));
    }
    const defaults = await server.graphql(ISSUANCES, { interval: null, last: null });
    expect(defaults.data).toEqual(data);
  });

  it.each([
    ["MINUTE", 3, "2026-11-24T09:28:00.000Z", "2026-11-24T09:30:00.000Z"],
    ["HOUR", 11, "2026-11-23T23:00:00.000Z", "2026-11-24T09:00:00.000Z"],
    ["DAY", 100, "2026-08-17T00:00:00.000Z", "2026-11-24T00:00:00.000Z"],
    ["DAY", 1, "2026-11-24T00:00:00.000Z", "2026-11-24T00:00:00.000Z"],
  ])("is of %ss, the last %i", async (interval, last, first, current) => {
    const { data } = await (await start()).graphql(ISSUANCES, { interval, last });
    expect(data.issuances).toHaveLength(last);
    expect(data.issuances[0].startsAt).toBe(first);
    expect(data.issuances.at(-1).startsAt).toBe(current);
  });

  it("counts by role, in the period of their issuance, and not what is older", async () => {
    let now = NOW;
    const server = await start({}, () => now);
    const id = await server.createSession();
    const issueAt = async (time: string, role: string) => {
      now = new Date(time);
      expect((await server.graphql(GENERATE, { id, role })).errors).toEqual([]);
    };
    await issueAt("2026-11-24T07:59:59.999Z", "SUBSCRIBER");
    await issueAt("2026-11-24T08:00:00.000Z", "SUBSCRIBER");
    await issueAt("2026-11-24T08:59:59.999Z", "MODERATOR");
    await issueAt("2026-11-24T09:00:00.000Z", "MODERATOR");
    await issueAt("2026-11-24T09:30:00.000Z", "MODERATOR");
    await issueAt("2026-11-24T09:30:15.000Z", "PUBLISHER_ONLY");
    now = NOW;
    const issued = async (interval: string, last: number) =>
      issuedIn((await server.graphql(ISSUANCES, { interval, last })).data.issuances);
    expect(await issued("HOUR", 2)).toEqual({
      "2026-11-24T08:00:00.000Z": { SUBSCRIBER: 1, MODERATOR: 1 },
      "2026-11-24T09:00:00.000Z": { MODERATOR: 2, PUBLISHER_ONLY: 1 },
    });
    expect(await issued("MINUTE", 1)).toEqual({
      "2026-11-24T09:30:00.000Z": { MODERATOR: 1, PUBLISHER_ONLY: 1 },
    });
    expect(await issued("DAY", 1)).toEqual({
      "2026-11-24T00:00:00.000Z": { SUBSCRIBER: 2, MODERATOR: 3, PUBLISHER_ONLY: 1 },
    });
  });

  it("counts the tokens of every way to ask for them, and no refusal", async () => {
    const server = await start();
    const id = await server.createSession();
    await server.graphql(GENERATE, { id, role: "SUBSCRIBER" });
    const requests = [{ role: "MODERATOR" }, { role: "MODERATOR" }, { expireTime: 1 }, { role: "MODERATOR" }];
    const many = await server.graphql(
      `mutation($id: ID!, $requests: [TokenRequest!]!) {
        generateTokens(sessionId: $id, requests: $requests) { ... on TokenRefusal { code } } }`,
      { id, requests },
    );
    expect(many.data.generateTokens.filter(({ code }: { code?: string }) => code)).toHaveLength(1);
    await server.graphql(`mutation { createSession { generateToken { token session {
      generateToken(role: PUBLISHER_ONLY) { token } } } } }`);
    const { data } = await server.graphql(ISSUANCES, {});
    expect(issuedIn(data.issuances)).toEqual({
      "2026-11-24T09:00:00.000Z": { SUBSCRIBER: 1, MODERATOR: 3, PUBLISHER: 1, PUBLISHER_ONLY: 1 },
    });
  });

  it.each([
    ["last", { last: 0 }],
    ["last", { last: 101 }],
    ["last", { last: -1 }],
    ["last", { last: 1.5 }],
    ["interval", { interval: "WEEK" }],
  ])("refuses a bad %s: %j", async (argument, variables) => {
    const { data, errors } = await (await start()).graphql(ISSUANCES, variables);
    expect(data?.issuances ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
  });

  it("answers with LEDGER=off, of what was recorded before", async () => {
    const { server, file } = await startWithFile();
    const id = await server.createSession();
    await server.graphql(GENERATE, { id });
    const off = await start({ DATABASE_URL: `file:${file}`, LEDGER: "off" });
    await off.graphql(GENERATE, { id });
    const { data, errors } = await off.graphql(ISSUANCES, {});
    expect(errors).toEqual([]);
    expect(issuedIn(data.issuances)).toEqual({ "2026-11-24T09:00:00.000Z": { PUBLISHER: 1 } });
  });

  it("counts what a server whose clock is wrong recorded between others, but not what is still to come", async () => {
    const { server, database } = await startWithFile();
    const id = await server.createSession();
    // More than one query looks through, so that the old ones come before them.
    insert(database, id, 7000, NOW.getTime() - 2 * HOUR, 0);
    for (const hours of [0, -30, -1, 2, 0, -40, -23, -24]) {
      insert(database, id, 1, NOW.getTime() + hours * HOUR, 0);
    }
    const { data } = await server.graphql(ISSUANCES, {});
    expect(issuedIn(data.issuances)).toEqual({
      "2026-11-23T10:00:00.000Z": { MODERATOR: 1 },
      "2026-11-24T07:00:00.000Z": { MODERATOR: 7000 },
      "2026-11-24T08:00:00.000Z": { MODERATOR: 1 },
      "2026-11-24T09:00:00.000Z": { MODERATOR: 2 },
    });
  });

  it("counts more records than one query of the database looks through, as far back as it is asked to", async () => {
    const { server, database } = await startWithFile();
    const id = await server.createSession();
    // One each second, up to now.
    insert(database, id, 12_000, NOW.getTime() - 11_999_000, 1000);
    const { data } = await server.graphql(ISSUANCES, { interval: "MINUTE", last: 100 });
    expect(data.issuances.map((period: Period) => totalOf([period]))).toEqual([...Array(99).fill(60), 16]);
    const short = await server.queriesDuring(() =>
      server.graphql(ISSUANCES, { interval: "MINUTE", last: 1 }),
    );
    const long = await server.queriesDuring(() => server.graphql(ISSUANCES, {}));
    expect(short.length).toBeGreaterThan(0);
    expect(long.length).toBeGreaterThan(short.length);
    expect(totalOf((await server.graphql(ISSUANCES, {})).data.issuances)).toBe(12_000);
  });

  it("has only the periods that it can count whole when there are more than 500,000 records", async () => {
    const { server, database } = await startWithFile();
    const id = await server.createSession();
    const from = Date.parse("2026-11-24T08:38:00.000Z");
    // Ten thousand in each minute, up to now: the newest half million begin within the minute of 08:40.
    insert(database, id, 522_521, from, 6);
    const { data, errors } = await server.graphql(ISSUANCES, { interval: "MINUTE", last: 100 });
    expect(errors).toEqual([]);
    expect(data.issuances.map((period: Period) => totalOf([period]))).toEqual([
      ...Array(49).fill(10_000),
      2521,
    ]);
    expect(data.issuances[0].startsAt).toBe("2026-11-24T08:41:00.000Z");
    // Not even the current period is whole.
    const days = await server.graphql(ISSUANCES, { interval: "DAY", last: 2 });
    expect(days.data).toEqual({ issuances: [] });
  });
});

describe("issuances for callers who may not see every session", () => {
  it("counts the sessions that their grants have, by ID, by name and by its beginning", async () => {
    const { server, database } = await startWithFile({ AUTH_JWT_SECRET: JWT_SECRET });
    const exp = NOW.getTime() / 1000 + 3600;
    const caller = (grant: object, scope = "ledger:read") =>
      signedJwt({ scope, video_grant: { roles: ROLES, ...grant }, exp });
    const everything = caller({ sessions: ["*"] }, "sessions:create tokens:create ledger:read");
    const ensure = async (name: string): Promise<string> => {
      const query = "mutation($name: String!) { ensureSession(name: $name) { id } }";
      return (await server.graphql(query, { name }, everything)).data.ensureSession.id;
    };
    const unnamed = (await server.graphql("mutation { createSession { id } }", {}, everything)).data
      .createSession.id;
    const lobby = await ensure("lobby");
    const room1 = await ensure("room-1");
    const room2 = await ensure("room-2");
    const elsewhere = neverCreated(API_KEY);
    // So many for each session that every sum tells which sessions it is of.
    const numbers = { [unnamed]: 1, [lobby]: 2, [room1]: 4, [room2]: 8, [elsewhere]: 16 };
    for (const [id, count] of Object.entries(numbers)) {
      for (let i = 0; i < count; i++) {
        expect((await server.graphql(GENERATE, { id }, everything)).errors).toEqual([]);
      }
    }
    // Of another project, with and without a row of its own, which has a name of ours.
    const others = neverCreated("87654321");
    insert(database, others, 32, NOW.getTime(), 0);
    const registered = composeSessionId({ owner: "87654321", location: null, createdAt: NOW, random: "r" });
    database
      .prepare("INSERT INTO sessions (session_id, application_id, name) VALUES (?, '87654321', 'room-1')")
      .run(registered);
    insert(database, registered, 64, NOW.getTime(), 0);
    insert(database, "malformed", 128, NOW.getTime(), 0);

    const total = async (grant: object) => {
      const { data, errors } = await server.graphql(ISSUANCES, {}, caller(grant));
      expect(errors).toEqual([]);
      expect(data.issuances).toHaveLength(24);
      return totalOf(data.issuances);
    };
    expect(await total({ sessions: ["*"] })).toBe(1 + 2 + 4 + 8 + 16);
    expect(await total({})).toBe(0);
    expect(await total({ sessions: [unnamed, room2] })).toBe(1 + 8);
    expect(await total({ sessions: [elsewhere] })).toBe(16);
    expect(await total({ sessions: [others, registered, "malformed"] })).toBe(0);
    expect(await total({ names: ["lobby", "room-1"] })).toBe(2 + 4);
    expect(await total({ names: ["room-*"] })).toBe(4 + 8);
    expect(await total({ names: ["*"] })).toBe(2 + 4 + 8);
    expect(await total({ sessions: [elsewhere, room1], names: ["room-*"] })).toBe(16 + 4 + 8);
  });
});
