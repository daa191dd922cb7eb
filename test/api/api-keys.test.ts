import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SCOPES } from "../../src/access/scope.ts";
import { MAX_API_KEYS } from "../../src/services/api-keys.ts";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { serverForTest, startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CREATE = `mutation($name: String!, $preset: ApiKeyPreset, $scopes: [String!], $videoGrant: VideoGrantInput, $expiresIn: Int) {
  createApiKey(name: $name, preset: $preset, scopes: $scopes, videoGrant: $videoGrant, expiresIn: $expiresIn) {
    key apiKey { id name scopes createdAt lastUsedAt expiresAt revokedAt videoGrant {
      roles sessions names maxLifetime identity data manage
      sessionOptions { mediaMode archiveMode archiveResolution e2ee } } } } }`;
const LIST = `query($first: Int, $after: String) { apiKeys(first: $first, after: $after) {
  nodes { id name scopes lastUsedAt revokedAt videoGrant { roles names } } pageInfo { hasNextPage endCursor } } }`;
const REVOKE = "mutation($name: String!) { revokeApiKey(name: $name) { name revokedAt } }";

const CANARY = "canary-connection-data";
const FREE = {
  identity: null,
  data: null,
  manage: null,
  sessionOptions: { mediaMode: null, archiveMode: null, archiveResolution: null, e2ee: null },
};

const jwtWith = (video_grant: object, scope: readonly string[] = SCOPES) =>
  signedJwt({ iss: "idp", sub: "ann", scope: scope.join(" "), video_grant });
const ADMIN = jwtWith({ roles: ["SUBSCRIBER", "PUBLISHER", "PUBLISHER_ONLY", "MODERATOR"], sessions: ["*"] });
/** Manages the keys of one class. */
const TEACHER_GRANT = { roles: ["PUBLISHER"], names: ["class-*"], maxLifetime: 600 };
const TEACHER = jwtWith(TEACHER_GRANT, ["keys:manage", "tokens:create"]);

const start = (env: Record<string, string> = {}) => serverForTest({ AUTH_JWT_SECRET: JWT_SECRET, ...env });

const create = (server: TestServer, input: object, credential?: string) =>
  server.graphql(CREATE, { ...input }, credential);
async function created(server: TestServer, input: object, credential = ADMIN): Promise<string> {
  const { data, errors } = await create(server, input, credential);
  expect(errors).toEqual([]);
  return data.createApiKey.key;
}
const revoke = (server: TestServer, name: string, credential = ADMIN) =>
  server.graphql(REVOKE, { name }, credential);
async function listed(server: TestServer, credential = ADMIN): Promise<string[]> {
  const { data, errors } = await server.graphql(LIST, {}, credential);
  expect(errors).toEqual([]);
  return data.apiKeys.nodes.map(({ name }: { name: string }) => name);
}

/** The server of refusals, which never has a key. */
let without: TestServer;
beforeAll(async () => {
  without = await startServer({ AUTH_JWT_SECRET: JWT_SECRET });
});
afterAll(() => without.close());

it.each([
  [
    "EVERYTHING",
    [...SCOPES],
    {
      roles: ["SUBSCRIBER", "PUBLISHER", "PUBLISHER_ONLY", "MODERATOR"],
      sessions: ["*"],
      names: [],
      maxLifetime: 2_592_000,
    },
  ],
  [
    "FRONT_END",
    ["sessions:create", "tokens:create"],
    { roles: ["SUBSCRIBER", "PUBLISHER"], sessions: [], names: ["*"], maxLifetime: 3600 },
  ],
  [
    "READ_ONLY",
    ["sessions:read", "tokens:inspect", "ledger:read", "participants:read"],
    { roles: [], sessions: ["*"], names: [], maxLifetime: 2_592_000 },
  ],
])("creates a key with the preset %s, which it then has", async (preset, scopes, videoGrant) => {
  const server = await start();
  const { data, errors } = await create(server, { name: "web", preset }, ADMIN);
  expect(errors).toEqual([]);
  const { key, apiKey } = data.createApiKey;
  const now = { scopes, videoGrant: { ...FREE, ...videoGrant } };
  expect(apiKey).toEqual({
    ...now,
    id: key.slice("stagepass_".length, "stagepass_xxxxxxxx".length),
    name: "web",
    createdAt: expect.stringMatching(/Z$/),
    lastUsedAt: null,
    expiresAt: null,
    revokedAt: null,
  });
  const query = `{ videoCaller { subject scopes videoGrant { roles sessions names maxLifetime identity data manage
    sessionOptions { mediaMode archiveMode archiveResolution e2ee } } } }`;
  expect((await server.graphql(query, {}, key)).data).toEqual({ videoCaller: { subject: "web", ...now } });
});

it("creates a key with exactly the grant of its input", async () => {
  const server = await start();
  const videoGrant = {
    roles: ["PUBLISHER_ONLY"],
    sessions: ["1_a"],
    names: ["class-*", "standup"],
    maxLifetime: 60,
    identity: "ann",
    data: "seat 1",
    manage: "AS_MODERATOR",
    sessionOptions: {
      mediaMode: ["ROUTED"],
      archiveMode: ["ALWAYS"],
      archiveResolution: ["FHD_PORTRAIT"],
      e2ee: [false],
    },
  };
  const { data } = await create(
    server,
    { name: "web", scopes: ["tokens:create", "tokens:create"], videoGrant },
    ADMIN,
  );
  const { names, ...others } = videoGrant;
  expect(data.createApiKey.apiKey).toMatchObject({ scopes: ["tokens:create"], videoGrant: others });
  expect(data.createApiKey.apiKey.videoGrant.names.sort()).toEqual(names);
  const free = { roles: null, sessions: null, names: null, identity: null, sessionOptions: { e2ee: null } };
  const bare = await create(server, { name: "bare", scopes: ["ledger:read"], videoGrant: free }, ADMIN);
  expect(bare.data.createApiKey.apiKey.videoGrant).toEqual({
    ...FREE,
    roles: [],
    sessions: [],
    names: [],
    maxLifetime: 2_592_000,
  });
});

it("lists keys newest first in pages, notes their use, and revokes them everywhere", async () => {
  const server = await start();
  const key = await created(server, { name: "first", preset: "READ_ONLY" });
  for (const name of ["second", "third"]) await created(server, { name, preset: "FRONT_END" });
  const names: string[] = [];
  let after: string | null = null;
  do {
    const { data } = await server.graphql(LIST, { first: 2, after }, ADMIN);
    names.push(...data.apiKeys.nodes.map(({ name }: { name: string }) => name));
    after = data.apiKeys.pageInfo.hasNextPage ? data.apiKeys.pageInfo.endCursor : null;
  } while (after);
  expect(names.sort()).toEqual(["first", "second", "third"]);

  const status = async () => (await server.graphql("{ sessions { nodes { id } } }", {}, key)).status;
  expect(await status()).toBe(200);
  const firstKey = async () => {
    const { data } = await server.graphql(LIST, {}, ADMIN);
    return data.apiKeys.nodes.find(({ name }: { name: string }) => name === "first");
  };
  await expect.poll(async () => (await firstKey()).lastUsedAt).toMatch(/:00:00\.000Z$/);
  const revoked = await revoke(server, "first");
  expect(revoked.data.revokeApiKey).toEqual({ name: "first", revokedAt: expect.stringMatching(/Z$/) });
  await expect.poll(status, { timeout: 30_000 }).toBe(401);
  expect(await firstKey()).toMatchObject({ revokedAt: revoked.data.revokeApiKey.revokedAt });
  // The name is free again.
  await created(server, { name: "first", preset: "READ_ONLY" });
  expect((await revoke(server, "first")).errors).toEqual([]);
  expect((await revoke(server, "first")).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
});

it.each<[string, object, object]>([
  ["a scope", { scopes: ["tokens:create", "bans:manage"] }, { requiredScope: "bans:manage" }],
  ["a role", { videoGrant: { ...TEACHER_GRANT, roles: ["MODERATOR"] } }, { requiredRole: "MODERATOR" }],
  ["every session", { videoGrant: { ...TEACHER_GRANT, sessions: ["*"] } }, { requiredSession: "*" }],
  ["a wider prefix", { videoGrant: { ...TEACHER_GRANT, names: ["cl*"] } }, { requiredName: "cl*" }],
  [
    "the default lifetime",
    { videoGrant: { roles: ["PUBLISHER"] } },
    { requiredLifetime: 2_592_000, maxLifetime: 600 },
  ],
  ["no grant, whose lifetime is the default", {}, { requiredLifetime: 2_592_000, maxLifetime: 600 }],
  ["the preset of a front end", { scopes: null, preset: "FRONT_END" }, { requiredScope: "sessions:create" }],
])("refuses a narrow caller a key with %s, and makes none", async (_, input, extensions) => {
  const server = without;
  const { data, errors } = await create(
    server,
    { name: "mine", scopes: ["tokens:create"], ...input },
    TEACHER,
  );
  expect(data).toEqual({ createApiKey: null });
  expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", retryable: false, ...extensions } }]);
  expect(await listed(server)).toEqual([]);
  expect(server.audit().at(-1)).toMatchObject({ event: "request.refused", code: "FORBIDDEN" });
});

it.each<[string, object, object]>([
  ["identity", { identity: "ann" }, { requiredIdentity: null }],
  ["data", { data: CANARY }, { requiredData: true }],
  ["options", { sessionOptions: { archiveMode: ["MANUAL"] } }, { requiredOption: "archiveMode" }],
  ["moderation", { identity: "ann", manage: "as-moderator" }, { requiredModerator: "*" }],
])("refuses a caller that is bound in its %s a key that is not", async (member, bound, extensions) => {
  const server = await start();
  const caller = jwtWith({ roles: ["PUBLISHER"], sessions: ["*"], ...bound });
  const videoGrant = {
    roles: ["PUBLISHER"],
    sessions: ["*"],
    ...(member === "moderation" && { identity: "ann" }),
  };
  const input = { name: "mine", scopes: ["tokens:create", "participants:manage"], videoGrant };
  const { errors } = await create(server, input, caller);
  expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", ...extensions } }]);
  expect(JSON.stringify(errors)).not.toContain(CANARY);
  const manage = member === "moderation" ? { manage: "AS_MODERATOR" } : {};
  await created(server, { ...input, videoGrant: { ...videoGrant, ...bound, ...manage } }, caller);
});

it("shows and lets revoke only keys within the caller's own grant; others look unknown", async () => {
  const server = await start();
  await created(server, { name: "admin", preset: "EVERYTHING" });
  const key = await created(
    server,
    { name: "teacher", scopes: ["keys:manage", "tokens:create"], videoGrant: TEACHER_GRANT },
    TEACHER,
  );
  const pupil = { roles: ["PUBLISHER"], names: ["class-7"], maxLifetime: 60 };
  await created(server, { name: "pupil", scopes: ["tokens:create"], videoGrant: pupil }, key);
  expect((await listed(server, TEACHER)).sort()).toEqual(["pupil", "teacher"]);
  expect((await listed(server, key)).sort()).toEqual(["pupil", "teacher"]);
  expect((await listed(server)).sort()).toEqual(["admin", "pupil", "teacher"]);
  const [invisible, unknown] = [await revoke(server, "admin", key), await revoke(server, "nobody", key)];
  expect(invisible.errors).toEqual(unknown.errors);
  expect(invisible.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "name" } }]);
  expect((await revoke(server, "pupil", key)).errors).toEqual([]);
  expect((await listed(server)).length).toBe(3);
  for (const query of [CREATE, LIST, REVOKE]) {
    const { errors } = await server.graphql(
      query,
      { name: "a" },
      jwtWith({ sessions: ["*"] }, ["bans:manage"]),
    );
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", requiredScope: "keys:manage" } }]);
  }
});

it.each<[string, object]>([
  ["name", { name: "" }],
  ["name", { name: "with space" }],
  ["name", { name: `stagepass_0123abcd_${"a".repeat(43)}` }],
  ["name", { name: "0123abcd" }],
  ["name", { name: "-" }],
  ["preset", { preset: "READ_ONLY", scopes: ["ledger:read"] }],
  ["preset", { preset: "READ_ONLY", videoGrant: {} }],
  ["scopes", {}],
  ["scopes", { scopes: [] }],
  ["scopes", { scopes: ["ledger:read", "ledger:write"] }],
  ["scopes", { scopes: ["ledger:read tokens:create"] }],
  ["videoGrant", { scopes: ["ledger:read"], videoGrant: { names: ["a*b"] } }],
  ["videoGrant", { scopes: ["ledger:read"], videoGrant: { maxLifetime: 0 } }],
  ["videoGrant", { scopes: ["ledger:read"], videoGrant: { manage: "AS_MODERATOR" } }],
  ["videoGrant", { scopes: ["ledger:read"], videoGrant: { data: CANARY.repeat(100) } }],
  ["expiresIn", { preset: "READ_ONLY", expiresIn: 0 }],
])("refuses a wrong %s: %j", async (argument, input) => {
  const server = without;
  const { errors } = await create(server, { name: "web", ...input }, ADMIN);
  expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument } }]);
  expect(errors[0].message).toMatch(new RegExp(`^${argument}`));
  expect(JSON.stringify(errors)).not.toMatch(/canary|a{43}/);
  expect(await listed(server)).toEqual([]);
});

it.each<[string, object]>([
  ["IDs", { sessions: ["x".repeat(33_000)] }],
  ["repeated values", { sessionOptions: { e2ee: Array(8000).fill(true) } }],
])("refuses a grant of more than 32 KiB, because a page reads 1000: %s", async (_, videoGrant) => {
  const { errors } = await create(without, { name: "web", scopes: ["ledger:read"], videoGrant }, ADMIN);
  expect(errors).toMatchObject([
    {
      message: "videoGrant must have at most 32768 bytes as JSON",
      extensions: { code: "BAD_USER_INPUT", argument: "videoGrant" },
    },
  ]);
});

it("creates one key when two are created with one name at once", async () => {
  const server = await start();
  const input = { name: "web", preset: "READ_ONLY" };
  const answers = await Promise.all([1, 2, 3, 4].map(() => create(server, input, ADMIN)));
  const [, ...refused] = answers.sort((a, b) => a.errors.length - b.errors.length);
  for (const { errors } of refused)
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", argument: "name" } }]);
  expect(refused).toHaveLength(3);
  expect(await listed(server)).toEqual(["web"]);
});

it("lets a key that expires create none that lives longer, and one that is revoked none", async () => {
  const server = await start();
  const key = await created(server, { name: "brief", preset: "EVERYTHING", expiresIn: 3600 });
  const { data } = await create(server, { name: "child", preset: "READ_ONLY" }, key);
  const { data: own } = await server.graphql("{ apiKeys { nodes { name expiresAt } } }", {}, ADMIN);
  expect(own.apiKeys.nodes.map(({ expiresAt }: { expiresAt: string }) => expiresAt)).toEqual(
    Array(2).fill(data.createApiKey.apiKey.expiresAt),
  );
  expect(
    (await create(server, { name: "long", preset: "READ_ONLY", expiresIn: 7200 }, key)).errors,
  ).toMatchObject([
    { extensions: { code: "FORBIDDEN", requiredLifetime: 7200, maxLifetime: expect.any(Number) } },
  ]);
  await created(server, { name: "short", preset: "READ_ONLY", expiresIn: 60 }, key);
  // The server may still know the key from before.
  await revoke(server, "brief");
  expect((await create(server, { name: "late", preset: "READ_ONLY" }, key)).errors).toMatchObject([
    { extensions: { code: "UNAUTHENTICATED" } },
  ]);
  expect((await listed(server)).sort()).toEqual(["brief", "child", "short"]);
});

it("lets a key that has expired meanwhile create none", async () => {
  const file = join(temporaryFolder(), "stagepass.db");
  const server = await start({ DATABASE_URL: `file:${file}` });
  const key = await created(server, { name: "brief", preset: "EVERYTHING", expiresIn: 3600 });
  // The server now knows the key.
  expect(await listed(server, key)).toEqual(["brief"]);
  const database = new Libsql(file, { timeout: 2000 });
  database.exec("UPDATE api_keys SET expires_at = 1");
  database.close();
  expect((await create(server, { name: "late", preset: "READ_ONLY" }, key)).errors).toMatchObject([
    { extensions: { code: "UNAUTHENTICATED" } },
  ]);
  expect(await listed(server)).toEqual(["brief"]);
});

it("bounds the keys of a server, and how many a caller makes in a minute", async () => {
  const file = join(temporaryFolder(), "stagepass.db");
  const server = await start({ DATABASE_URL: `file:${file}`, ACTIONS_PER_MINUTE: "3" });
  const database = new Libsql(file, { timeout: 2000 });
  const add = database.prepare(
    "INSERT INTO api_keys (id, name, digest, claims, created_at, revoked_at) VALUES (?, ?, '', '{}', ?, ?)",
  );
  database.transaction(() => {
    const day = 24 * 60 * 60 * 1000;
    // Half can be used, the others are revoked and new. A revoked key of the day before counts no longer.
    for (let i = 1; i < MAX_API_KEYS; i++) {
      const isOld = i % 2 === 0;
      add.run(
        i.toString(16).padStart(8, "0"),
        `key${i}`,
        Date.now() - (isOld ? 2 * day : 0),
        isOld ? null : 1,
      );
    }
    add.run("ffffffff", "old", Date.now() - 2 * day, 1);
  })();
  database.close();
  await created(server, { name: "last", preset: "READ_ONLY" });
  const refused = await create(server, { name: "more", preset: "READ_ONLY" }, ADMIN);
  expect(refused.errors).toMatchObject([
    { message: expect.stringMatching(/^There are 1000 API keys/), extensions: { code: "RATE_LIMITED" } },
  ]);
  expect((await revoke(server, "key2")).errors).toEqual([]);
  const more = await create(server, { name: "more", preset: "READ_ONLY" }, ADMIN);
  expect(more.errors).toMatchObject([{ message: expect.stringMatching(/^Too many acts/) }]);
});

it("closes a server without authentication with the first key", async () => {
  const server = await serverForTest();
  const { data } = await create(server, { name: "web", preset: "EVERYTHING" });
  await expect.poll(async () => (await server.graphql(LIST)).status, { timeout: 30_000 }).toBe(401);
  expect(await listed(server, data.createApiKey.key)).toEqual(["web"]);
});

it("tells the audit trail who created and revoked a key, and nobody the key or its data", async () => {
  const server = await start({ LOG_LEVEL: "trace", NODE_ENV: "production" });
  const input = { name: "web", scopes: ["tokens:create"], videoGrant: { sessions: ["*"], data: CANARY } };
  const key = await created(server, input);
  const again = await create(server, input, ADMIN);
  await revoke(server, key);
  await revoke(server, "web");
  await expect.poll(() => server.log().filter(({ msg }) => msg === "request")).toHaveLength(4);
  const by = { caller: 'jwt:["idp","ann"]', address: "127.0.0.1", requestId: expect.any(String) };
  const id = `key:${key.slice("stagepass_".length, "stagepass_xxxxxxxx".length)}`;
  expect(server.audit()).toMatchObject([
    { ...by, event: "key.created", key: id, name: "web" },
    { ...by, event: "key.revoked", key: id },
  ]);
  const said = JSON.stringify([server.log(), server.audit(), again.errors]);
  for (const secret of [key.slice(-43), CANARY]) expect(said).not.toContain(secret);
});

it("gives nobody a key that the required audit trail lacks", async () => {
  const folder = join(temporaryFolder(), "audit");
  mkdirSync(folder);
  const server = await start({ AUDIT_LOG: join(folder, "audit.jsonl"), AUDIT_REQUIRED: "on" });
  rmSync(folder, { recursive: true });
  const { data, errors } = await create(server, { name: "web", preset: "EVERYTHING" }, ADMIN);
  expect(data).toEqual({ createApiKey: null });
  expect(errors).toMatchObject([{ extensions: { code: "AUDIT_UNAVAILABLE" } }]);
  const { data: after } = await server.graphql(LIST, {}, ADMIN);
  expect(after.apiKeys.nodes).toMatchObject([{ name: "web", revokedAt: expect.any(String) }]);
});
