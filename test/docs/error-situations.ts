import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { generateKeyPair, SignJWT } from "jose";
import Libsql from "libsql";
import { onTestFinished } from "vitest";
import type { ErrorCode } from "../../src/errors.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { answer, honest, refuse, startFaultServer } from "../support/fault-server.ts";
import { freePort } from "../support/postgres.ts";
import { type Guest, joins, leaves, send, WEBHOOK_SECRET } from "../support/room-events.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ROOT } from "./markdown.ts";
import { FIRST_SESSION, type SnippetServer, serverForSnippets, sharedServer } from "./server-for-snippets.ts";

/** A server that answers with an error, and the credential of its caller. */
export interface Situation extends SnippetServer {
  readonly credential?: string;
}

/** A server without authentication, which `spoil` breaks. */
const open =
  (env: Record<string, string>, spoil: (situation: Situation) => unknown = () => {}) =>
  async (): Promise<Situation> => {
    const situation = await serverForSnippets(env);
    await spoil(situation);
    return situation;
  };

const usual = () => sharedServer();

/** A server with authentication, and one caller. */
const knowing = (claims: object | null) => async (): Promise<Situation> => {
  const situation = await sharedServer({ AUTH_JWT_SECRET: JWT_SECRET }, signedJwt(EVERYTHING));
  return claims === null ? situation : { ...situation, credential: signedJwt(claims) };
};

/** A server whose database file another program changes. */
const withDatabase = (sql: string) => async (): Promise<Situation> => {
  const file = join(temporaryFolder(), "test.db");
  return open({ DATABASE_URL: `file:${file}` }, () => {
    const database = new Libsql(file, { timeout: 2000 });
    onTestFinished(() => void database.close());
    database.exec(sql);
  })();
};

/** A server on a platform that creates one session, then behaves differently. */
const withPlatform = (then: ReturnType<typeof answer>) => async (): Promise<Situation> => {
  const platform = await startFaultServer(honest("opentok", API_KEY, API_SECRET));
  onTestFinished(() => platform.close());
  return open({ PLATFORM: "opentok", OPENTOK_API_URL: platform.url }, () => platform.behave(then))();
};

async function withoutProvider(): Promise<Situation> {
  const { privateKey } = await generateKeyPair("RS256");
  const credential = await new SignJWT({})
    .setProtectedHeader({ alg: "RS256", kid: "a" })
    .setExpirationTime("1h")
    .sign(privateKey);
  const env = { AUTH_JWKS_URI: `http://127.0.0.1:${await freePort()}/`, AUTH_JWT_SECRET: JWT_SECRET };
  return { ...(await serverForSnippets(env, signedJwt(EVERYTHING))), credential };
}

function withTrustedDocuments(): Promise<Situation> {
  const manifest = join(temporaryFolder(), "manifest.json");
  writeFileSync(manifest, JSON.stringify({ first: FIRST_SESSION }));
  return open({ TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: manifest })();
}

/** A server with the console. The snippet names one of its files. */
async function withConsole(): Promise<Situation> {
  const situation = await open({ CONSOLE: "on" })();
  const asset = readdirSync(resolve(ROOT, "console/dist/assets")).find((name) => /^index-.*\.js$/.test(name));
  return { ...situation, fill: (code) => situation.fill(code).replace("index-….js", asset ?? "") };
}

/** A server whose audit folder was deleted. */
function withoutAuditTrail(): Promise<Situation> {
  const folder = join(temporaryFolder(), "audit");
  mkdirSync(folder);
  return open({ AUDIT_LOG: join(folder, "audit.jsonl"), AUDIT_REQUIRED: "on" }, () =>
    rmSync(folder, { recursive: true }),
  )();
}

/** A server whose session has one participant. */
const withGuest = (then: (situation: Situation, guest: Guest) => unknown) => async (): Promise<Situation> => {
  const situation = await open({ WEBHOOK_SECRET })();
  const guest = {
    sessionId: situation.fill("1_MX4…"),
    connectionId: "ab7d",
    // Ahead, because the local platform lists no such guest: reconciliation leaves only recent ones.
    joinedAt: Date.now() + 60_000,
  };
  await send(situation.server, [joins(guest)]);
  await then(situation, guest);
  return situation;
};

/** Lets no more participants join. */
const closeRoom = ({ server }: Situation, { sessionId }: Guest) =>
  server.graphql(
    "mutation($id: ID!) { setMaxParticipants(sessionId: $id, maxParticipants: 1) { sessionId } }",
    { id: sessionId },
  );

const leaveRoom = ({ server }: Situation, guest: Guest) => send(server, [leaves(guest, guest.joinedAt + 1)]);

/** Stops while a request is in flight. */
async function stopWhileAsked({ server }: Situation): Promise<void> {
  const { hostname, port } = new URL(server.origin);
  const socket = connect(Number(port), hostname);
  const head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
  socket.write(`${head}content-length: 10\r\n\r\n{`);
  await once(socket, "ready");
  // Once a later request is answered, the server has read this one.
  await fetch(`${server.origin}/livez`);
  const stopped = server.close();
  onTestFinished(async () => {
    socket.destroy();
    await stopped;
  });
}

const READER = { sub: "reader", scope: "sessions:read" };
const PUBLISHER = {
  sub: "publisher",
  scope: "tokens:create",
  video_grant: { roles: ["PUBLISHER"], sessions: ["*"] },
};

/** For each code, a server that answers the document's request with it. */
export const SITUATIONS: Readonly<Record<ErrorCode, () => Promise<Situation>>> = {
  BAD_USER_INPUT: usual,
  SESSION_NOT_FOUND: usual,
  SESSION_FULL: withGuest(closeRoom),
  NOT_IN_SESSION: withGuest(leaveRoom),
  GRAPHQL_PARSE_FAILED: usual,
  GRAPHQL_VALIDATION_FAILED: usual,
  OPERATION_RESOLUTION_FAILURE: usual,
  UNAUTHENTICATED: knowing(null),
  AUTHENTICATION_UNAVAILABLE: withoutProvider,
  FORBIDDEN: knowing(PUBLISHER),
  // The server's first token used one.
  RATE_LIMITED: open({ TOKENS_PER_MINUTE: "1" }),
  PERSISTED_QUERY_NOT_IN_LIST: withTrustedDocuments,
  QUERY_NOT_IN_SAFELIST: withTrustedDocuments,
  PERSISTED_QUERY_NOT_FOUND: usual,
  PLATFORM_REJECTED: withPlatform(refuse(403, "Issuer not found")),
  PLATFORM_UNAVAILABLE: withPlatform(answer(503, "text/plain", "")),
  LEDGER_UNAVAILABLE: withDatabase("ALTER TABLE issued_tokens RENAME TO away"),
  AUDIT_UNAVAILABLE: withoutAuditTrail,
  DATABASE_UNAVAILABLE: withDatabase("BEGIN IMMEDIATE"),
  INTERNAL_SERVER_ERROR: withDatabase("ALTER TABLE sessions RENAME TO away"),
  BAD_REQUEST: usual,
  NOT_FOUND: usual,
  METHOD_NOT_ALLOWED: usual,
  NOT_ACCEPTABLE: usual,
  PRECONDITION_FAILED: withConsole,
  PAYLOAD_TOO_LARGE: knowing(READER),
  UNSUPPORTED_MEDIA_TYPE: usual,
  RANGE_NOT_SATISFIABLE: withConsole,
  MISDIRECTED_REQUEST: usual,
  SERVICE_UNAVAILABLE: open({}, stopWhileAsked),
};
