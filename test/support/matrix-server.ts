import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { afterAll, beforeAll, expect } from "vitest";
import { WebSocket } from "ws";
import { newApiKey } from "../../src/access/api-key.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { openDatabase } from "../../src/store/database.ts";
import { sqlStore } from "../../src/store/sql-store.ts";
import { JWT_SECRET } from "./callers.ts";
import { API_KEY } from "./credentials.ts";
import {
  AUDIENCE,
  EVERYTHING,
  fullClaims,
  ISSUER,
  type Keys,
  type MatrixCaller,
  now,
  ROLES,
  type RoleName,
  SESSION_NAMES,
  SESSIONS,
  type SessionIds,
  type SessionKind,
} from "./matrix.ts";
import { startServer, type TestServer } from "./server.ts";

export const ENSURE = "mutation($name: String!) { ensureSession(name: $name) { id name } }";

/** The arguments of a token, and their variables. */
export const TOKEN_VARIABLES =
  "$role: Role, $expireTime: Int, $format: TokenFormat, $identity: String, $data: String";
export const TOKEN_ARGS =
  "role: $role, expireTime: $expireTime, format: $format, identity: $identity, data: $data";

export const GENERATE = `mutation($sessionId: ID!, ${TOKEN_VARIABLES}) {
  generateToken(sessionId: $sessionId, ${TOKEN_ARGS}) { token role } }`;

/** The roles, by their names in tokens and in the ledger. */
export const WIRE_NAMES: Record<string, RoleName> = {
  subscriber: "SUBSCRIBER",
  publisher: "PUBLISHER",
  publisheronly: "PUBLISHER_ONLY",
  moderator: "MODERATOR",
};

let folder: string;
let server: TestServer;
let database: Libsql.Database;
/** The sessions and the API keys of the matrix. */
export let ids: SessionIds;
export let keys: Keys;
/** Tokens for `inspectToken`, by kind. */
export let inspected: Record<"own" | "another's" | "T1" | "nonsense", string>;

/** Starts the server of the matrix before the tests of a file, and closes it after them. */
export function startMatrix(): void {
  beforeAll(async () => {
    // In memory where possible: on a busy disk, one of these thousands of requests can take longer than it may.
    folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "stagepass-"));
    const file = join(folder, "stagepass.db");
    keys = await addKeys(file);
    server = await startServer(
      {
        AUTH_JWT_SECRET: JWT_SECRET,
        AUTH_JWT_ISSUER: ISSUER,
        AUTH_JWT_AUDIENCE: AUDIENCE,
        FEDERATION: "on",
        DATABASE_URL: `file:${file}`,
      },
      () => now,
    );
    database = new Libsql(file, { timeout: 2000 });
    ids = {
      own: await createNamed(SESSION_NAMES.own),
      sibling: await createNamed(SESSION_NAMES.sibling),
      "another's": await createNamed(SESSION_NAMES["another's"]),
      unknown: neverCreated(API_KEY),
      "another project's": neverCreated("87654321"),
      malformed: "1_hello~",
    };
    database
      .prepare("INSERT INTO sessions (session_id, application_id, name) VALUES (?, ?, ?)")
      .run(ids["another project's"], "87654321", SESSION_NAMES.own);
    // A record that callers of this project must not even find in a count.
    database
      .prepare(
        "INSERT INTO issued_tokens VALUES (NULL, 'x', ?, 'moderator', 'JWT', '', ?, ?, NULL, NULL, NULL)",
      )
      .run(ids["another project's"], now.getTime(), now.getTime() + 86_400_000);
    const issue = async (variables: object) => {
      const { data } = await ask(EVERYTHING, GENERATE, { ...variables });
      return data.generateToken.token;
    };
    await issue({ sessionId: ids.unknown, role: "PUBLISHER_ONLY" });
    inspected = {
      own: await issue({ sessionId: ids.own }),
      "another's": await issue({ sessionId: ids["another's"], role: "MODERATOR" }),
      T1: await issue({ sessionId: ids.own, role: "SUBSCRIBER", format: "T1" }),
      nonsense: "nonsense",
    };
    for (const kind of SESSIONS) {
      addParticipant(kind);
      for (const purpose of PURPOSES) addBan(banOf(kind, purpose), ids[kind], purpose);
    }
    for (const purpose of PURPOSES) addBan(banOfAll(purpose), null, purpose);
  });

  afterAll(async () => {
    database.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Puts API keys into the database, as `npx stagepass keys` does. */
async function addKeys(file: string): Promise<Keys> {
  const { scope, video_grant } = fullClaims("");
  const store = sqlStore(await openDatabase({ engine: "sqlite", file }));
  const add = async (name: string, expiresAt: Date | null = null) => {
    const { key, id, digest } = newApiKey();
    const claims = { scope, video_grant };
    await store.apiKeys.add({ id, name, digest, claims, createdAt: now, revokedAt: null, expiresAt });
    return key;
  };
  const added = {
    live: await add("live"),
    revoked: await add("revoked"),
    expired: await add("expired", new Date(Date.now() - 1000)),
    "never added": newApiKey().key,
  };
  expect(await store.apiKeys.revoke("revoked", now)).not.toBeNull();
  await store.close();
  return added;
}

/** The names of all API keys, newest first. */
export function keyNames(): string[] {
  const rows = database.prepare("SELECT name FROM api_keys ORDER BY created_at DESC, id DESC").all();
  return rows.map((row) => (row as { name: string }).name);
}

async function createNamed(name: string): Promise<string> {
  const { data } = await ask(EVERYTHING, ENSURE, { name });
  return data.ensureSession.id;
}

function neverCreated(owner: string): string {
  return composeSessionId({ owner, location: null, createdAt: now, random: "never".padEnd(24, "0") });
}

/** The node ID of the participant of a session. */
export const participantOf = (kind: SessionKind) => `p_${SESSIONS.indexOf(kind)}`;

/**
 * The identity of the participant of a session. A caller who manages only as a moderator has the identity `own`: it is a moderator in
 * its own session, a publisher in its sibling, and was a moderator in another's.
 */
export const identityIn = (kind: SessionKind) => (kind === "sibling" ? "own" : kind);

/** Lets somebody join a session, with the earliest token of the session on the ledger. */
function addParticipant(kind: SessionKind): void {
  const record = recordsOf(ids[kind]).at(-1);
  const role = kind === "sibling" ? "publisher" : "moderator";
  const addLeft = database.prepare(
    "INSERT INTO participants (id, session_id, identity, role, joined_at, left_at, leave_reason, change) VALUES (?, ?, ?, 'moderator', ?, ?, 'clientDisconnected', 0)",
  );
  addLeft.run(leaverOf(kind), ids[kind], "leaver", now.getTime(), now.getTime());
  if (kind === "another's") addLeft.run("p_was_moderator", ids[kind], "own", now.getTime(), now.getTime());
  database
    .prepare(
      "INSERT INTO participants (id, session_id, token_id, identity, role, joined_at, change) VALUES (?, ?, ?, ?, ?, ?, 0)",
    )
    .run(participantOf(kind), ids[kind], record?.id ?? null, identityIn(kind), role, now.getTime());
}

/** Cells list the bans of one identity, and lift those of another. */
const PURPOSES = ["listed", "lifted"] as const;
type Purpose = (typeof PURPOSES)[number];

/** The node ID of a ban of a session, and of one of every session. */
export const banOf = (kind: SessionKind, purpose: Purpose) => `b_${purpose}_${SESSIONS.indexOf(kind)}`;
export const banOfAll = (purpose: Purpose) => `b_${purpose}_all`;

function addBan(id: string, sessionId: string | null, identity: string): void {
  database
    .prepare(
      "INSERT INTO bans (id, identity, session_id, created_at, created_by) VALUES (?, ?, ?, ?, 'somebody')",
    )
    .run(id, identity, sessionId, now.getTime());
}

/** The node ID of a participant of a session that has left, so that removing it changes nothing. */
export const leaverOf = (kind: SessionKind) => `p_left_${SESSIONS.indexOf(kind)}`;

let lastChange = 0;

/** Changes the participants of all sessions. */
function changeParticipants(): void {
  lastChange += SESSIONS.length;
  const change = database.prepare("UPDATE participants SET change = ? WHERE id = ?");
  database
    .transaction(() => {
      for (const [i, kind] of SESSIONS.entries()) change.run(lastChange - i, participantOf(kind));
      database
        .prepare(
          "INSERT INTO participant_changes (id, latest) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET latest = excluded.latest",
        )
        .run(lastChange);
    })
    .immediate();
}

/**
 * Subscribes a caller to all sessions of the matrix, and changes their participants until it has an answer to each.
 *
 * @returns the first answer for each session; the code with which the socket closed, for a caller that is not known
 */
export async function subscribeToAll(
  caller: MatrixCaller,
): Promise<Map<SessionKind, { data?: unknown; errors?: unknown }> | number> {
  const credential = caller.credential(ids, keys);
  const socket = new WebSocket(server.url.replace("http", "ws"), "graphql-transport-ws");
  const answers = new Map<SessionKind, { data?: unknown; errors?: unknown }>();
  let closedWith = 0;
  let isKnown = false;
  socket.on("close", (code) => {
    closedWith = code;
  });
  socket.on("message", (message) => {
    const { type, id, payload } = JSON.parse(String(message));
    if (type === "connection_ack") isKnown = true;
    else if (type !== "complete" && !answers.has(id))
      answers.set(id, type === "error" ? { errors: payload } : payload);
  });
  await once(socket, "open");
  const params = credential && { authorization: `Bearer ${credential}` };
  socket.send(JSON.stringify({ type: "connection_init", payload: params }));
  await expect.poll(() => isKnown || closedWith > 0).toBe(true);
  if (!isKnown) return closedWith;
  const query =
    "subscription ($sessionId: ID!) { participantChanged(sessionId: $sessionId) { id identity } }";
  for (const kind of SESSIONS) {
    const payload = { query, variables: { sessionId: ids[kind] } };
    socket.send(JSON.stringify({ type: "subscribe", id: kind, payload }));
  }
  await expect
    .poll(
      () => {
        changeParticipants();
        return answers.size;
      },
      { interval: 100, timeout: 30_000 },
    )
    .toBe(SESSIONS.length);
  socket.terminate();
  return answers;
}

/** The sessions of this project that are registered, newest first. */
export function registered(): { id: string; name: string | null }[] {
  return database
    .prepare("SELECT session_id AS id, name FROM sessions WHERE application_id = ? ORDER BY position DESC")
    .all(API_KEY) as { id: string; name: string | null }[];
}

/** How many sessions the database has. */
export function count(): number {
  return (database.prepare("SELECT count(*) AS n FROM sessions").get() as { n: number }).n;
}

/** The newest record of a session, which nobody is in the session with. */
export const latestRecordOf = (kind: SessionKind) => recordsOf(ids[kind])[0]?.id ?? "x";

/** For whom a token was issued, by the ledger. */
export function identityOf(tokenId: string | null | undefined): string | null {
  const row = database.prepare("SELECT identity FROM issued_tokens WHERE id = ?").get(tokenId) as {
    identity: string | null;
  };
  return row.identity;
}

/** Makes the session of a name older, in seconds. */
export function age(name: string, seconds: number): void {
  const { changes } = database
    .prepare("UPDATE session_names SET since = since - ? WHERE name = ?")
    .run(seconds * 1000, name);
  expect(changes).toBe(1);
}

/** The records of a session as the API shows them, newest first. */
export function recordsOf(sessionId: string) {
  const rows = database
    .prepare("SELECT * FROM issued_tokens WHERE session_id = ? ORDER BY position DESC")
    .all(sessionId) as Record<"id" | "role" | "issued_to", string>[];
  return rows.map(({ id, role, issued_to }) => ({ id, role: WIRE_NAMES[role], issuedTo: issued_to }));
}

/** How many tokens the ledger has for the sessions visible to a caller, by role. */
export function issuedByRole(caller: MatrixCaller) {
  const rows = database.prepare("SELECT session_id, role FROM issued_tokens").all() as Record<
    "session_id" | "role",
    string
  >[];
  const shown = rows.filter(({ session_id: id }) =>
    caller.sessions.includes("unknown")
      ? id !== ids["another project's"]
      : caller.sessions.some((kind) => ids[kind] === id),
  );
  return ROLES.map((role) => ({
    role,
    count: shown.filter((row) => WIRE_NAMES[row.role] === role).length,
  }));
}

export function ask(caller: MatrixCaller, query: string, variables: Record<string, unknown> = {}) {
  return server.graphql(query, variables, caller.credential(ids, keys));
}
