import { createSecretKey, randomUUID } from "node:crypto";
import jwt from "jsonwebtoken";
import OpenTok from "opentok";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSessionId } from "../../src/domain/session-id.ts";
import { signHs256 } from "../../src/signing/jws.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { joined, roomClient } from "../support/room-client.ts";
import { serverForTest, startServer, type TestServer } from "../support/server.ts";

type Done = (error: Error | null) => void;

/** The package's types lack three of its methods. */
interface Mutes {
  forceMuteStream(sessionId: string, streamId: string, callback: Done): void;
  forceMuteAll(sessionId: string, options: object, callback: Done): void;
  disableForceMute(sessionId: string, callback: Done): void;
}

let server: TestServer;
let opentok: OpenTok & Mutes;
beforeAll(async () => {
  server = await startServer();
  opentok = new OpenTok(API_KEY, API_SECRET, server.origin as OpenTok.Env) as OpenTok & Mutes;
});
afterAll(() => server.close());

const seconds = () => Math.floor(Date.now() / 1000);

/** The header of the Ruby SDK: `ist` is in the header of the JWT. */
function rubyAuth() {
  const times = { iat: seconds(), exp: seconds() + 300 };
  return jwt.sign({ iss: API_KEY, ...times }, API_SECRET, {
    header: { alg: "HS256", ist: "project" } as never,
  });
}

interface Said {
  readonly auth?: string | null;
  readonly type?: string | null;
  readonly accept?: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** A request as the Ruby SDK sends it. */
async function ruby(method: string, path: string, said: Said = {}) {
  const { auth = rubyAuth(), type = "application/json", accept = "*/*", body } = said;
  const response = await fetch(server.origin + path, {
    method,
    headers: { accept, ...(auth && { "x-opentok-auth": auth }), ...(type && { "content-type": type }) },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

const inSession = (sessionId: string, path = "") => `/v2/project/${API_KEY}/session/${sessionId}${path}`;

/** A session with a moderator and a publisher, who has a stream. */
async function room() {
  const sessionId = await server.createSession();
  const moderator = await joined(server.origin, opentok.generateToken(sessionId, { role: "moderator" }));
  const publisher = await joined(server.origin, opentok.generateToken(sessionId, { data: "canary-bob" }));
  await moderator.next("connectionCreated");
  publisher.send({ type: "publish", name: "Bob" });
  const { stream } = await publisher.next("published");
  await moderator.next("streamCreated");
  return {
    sessionId,
    moderator,
    publisher,
    streamId: stream.streamId,
    path: (end: string) => inSession(sessionId, end),
  };
}

/** The result of a call of `opentok`. */
function done<T = unknown>(call: (callback: (error: Error | null, value?: T) => void) => void) {
  return new Promise<T>((resolve, reject) => {
    call((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

describe("opentok, unchanged", () => {
  it("creates sessions", async () => {
    const options = { mediaMode: "routed", archiveMode: "always", location: "203.0.113.7" } as const;
    const { sessionId } = await done<OpenTok.Session>((callback) =>
      opentok.createSession(options, callback as never),
    );
    expect(parseSessionId(sessionId)).toMatchObject({ owner: API_KEY, location: "203.0.113.7" });
    await joined(server.origin, opentok.generateToken(sessionId));
  });

  it("disconnects a client, which all clients see", async () => {
    const { sessionId, moderator, publisher } = await room();
    const { connectionId } = publisher;
    await done((callback) => opentok.forceDisconnect(sessionId, connectionId, callback));
    const reason = "forceDisconnected";
    expect(await publisher.next("disconnected")).toMatchObject({ reason });
    expect(await publisher.closed).toBe(1000);
    expect(await moderator.next("streamDestroyed")).toMatchObject({ reason });
    expect(await moderator.next("connectionDestroyed")).toMatchObject({ connectionId, reason });
    await expect(
      done((callback) => opentok.forceDisconnect(sessionId, connectionId, callback)),
    ).rejects.toThrow("Session or Connection not found");
  });

  it("mutes one stream, all streams, and lifts that", async () => {
    const { sessionId, publisher, streamId } = await room();
    await done((callback) => opentok.forceMuteStream(sessionId, streamId, callback));
    expect(await publisher.next("muted")).toEqual({ type: "muted", streamId });
    await done((callback) => opentok.forceMuteAll(sessionId, { excludedStreamIds: [streamId] }, callback));
    publisher.send({ type: "publish" });
    const { stream } = await publisher.next("published");
    expect(await publisher.next("muted")).toEqual({ type: "muted", streamId: stream.streamId });
    await done((callback) => opentok.disableForceMute(sessionId, callback));
    publisher.send({ type: "publish" });
    await publisher.next("published");
    publisher.send({ type: "leave" });
    await publisher.closed;
    expect(publisher.unread.filter(({ type }) => type === "muted")).toEqual([]);
  });

  it("sends signals to all clients, and to one", async () => {
    const { sessionId, moderator, publisher } = await room();
    const signal = { type: "chat", data: "hello" };
    const heard = { type: "signal", from: "", signalType: "chat", data: "hello" };
    await done((callback) => opentok.signal(sessionId, null as never, signal, callback));
    expect([await moderator.next("signal"), await publisher.next("signal")]).toEqual([heard, heard]);
    await done((callback) => opentok.signal(sessionId, publisher.connectionId, signal, callback));
    expect(await publisher.next("signal")).toEqual(heard);
    moderator.send({ type: "leave" });
    await moderator.closed;
    expect(moderator.unread).toEqual([]);
  });

  it("lists streams, and sets their layout classes", async () => {
    const { sessionId, streamId } = await room();
    const classes = [{ id: streamId, layoutClassList: ["focus", "full"] }];
    await done((callback) => opentok.setStreamClassLists(sessionId, classes as never, callback));
    expect(await done((callback) => opentok.listStreams(sessionId, callback as never))).toEqual([
      { id: streamId, videoType: "camera", name: "Bob", layoutClassList: ["focus", "full"] },
    ]);
  });
});

describe("the requests of the Ruby SDK", () => {
  const form = { type: "application/x-www-form-urlencoded" };

  it("create a session, which it reads as XML", async () => {
    const { status, type, text } = await ruby("POST", "/session/create", {
      ...form,
      body: "p2p.preference=enabled",
    });
    expect([status, type]).toEqual([200, "application/xml"]);
    const [, sessionId = ""] =
      /^<\?xml.*<sessions><Session><session_id>([\w-]+)<\/session_id>/.exec(text) ?? [];
    expect(parseSessionId(sessionId)).toMatchObject({ owner: API_KEY });
  });

  it.each([
    ["archiveMode=manual&location=null&p2p.preference=disabled", 200],
    ["p2p.preference=always&e2ee=false", 200],
    ["archiveMode=always&archiveName=A&archiveResolution=1280x720", 200],
    ["archiveMode=always&p2p.preference=enabled", 400],
    ["p2p.preference=toString", 400],
    ["location=localhost", 400],
  ])("create a session with %s: %i", async (body, status) => {
    const answer = await ruby("POST", "/session/create", { ...form, accept: "application/json", body });
    expect(answer.status).toBe(status);
    const said = JSON.parse(answer.text);
    if (status === 400) expect(said).toEqual({ code: 400, message: expect.any(String) });
    else
      expect(said).toEqual([
        expect.objectContaining({
          session_id: expect.stringMatching(/^1_/),
          project_id: API_KEY,
          partner_id: API_KEY,
          create_dt: expect.stringMatching(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}$/),
        }),
      ]);
  });

  it("mute all streams with texts instead of booleans", async () => {
    const { publisher, streamId, path } = await room();
    const body = (active: string, excludedStreams?: string[]) => ({
      body: JSON.stringify({ excludedStreams, active }),
    });
    const { status, text } = await ruby("POST", path("/mute"), body("true", [streamId]));
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        id: API_KEY,
        applicationId: API_KEY,
        name: "local",
        createdAt: expect.any(Number),
        status: "ACTIVE",
        environment: "standard",
      },
    ]);
    expect((await ruby("POST", path("/mute"), body("false"))).status).toBe(200);
    expect((await ruby("POST", path(`/stream/${streamId}/mute`))).text).toBe("");
    // The first one: the other calls muted no stream.
    expect(await publisher.next("muted")).toEqual({ type: "muted", streamId });
    expect(publisher.unread).toEqual([]);
  });

  it("list connections and one stream", async () => {
    const { sessionId, moderator, publisher, streamId, path } = await room();
    const connection = (connectionId: string) => ({
      connectionId,
      connectionState: "Connected",
      createdAt: expect.any(Number),
    });
    const { text } = await ruby("GET", path("/connection"));
    expect(JSON.parse(text)).toEqual({
      count: 2,
      applicationId: API_KEY,
      sessionId,
      items: [connection(moderator.connectionId), connection(publisher.connectionId)],
    });
    const stream = await ruby("GET", path(`/stream/${streamId}`));
    expect(JSON.parse(stream.text)).toEqual({
      id: streamId,
      videoType: "camera",
      name: "Bob",
      layoutClassList: [],
    });
  });

  it("disconnect a client, and signal", async () => {
    const { publisher, path } = await room();
    const one = path(`/connection/${publisher.connectionId}`);
    for (const end of [path("/signal"), `${one}/signal`]) {
      const body = JSON.stringify({ type: "t", data: "d" });
      expect(await ruby("POST", end, { body })).toMatchObject({ status: 204, text: "" });
      expect(await publisher.next("signal")).toMatchObject({ signalType: "t" });
    }
    expect(await ruby("DELETE", one)).toMatchObject({ status: 204, text: "" });
    expect(await publisher.closed).toBe(1000);
  });
});

describe("a refused call", () => {
  const signal = (type: unknown, data: unknown) => JSON.stringify({ type, data });
  const nobody = randomUUID();
  let sessionId: string;
  beforeAll(async () => {
    sessionId = (await server.createSession()) as string;
  });

  /** A session in which somebody is; `path` may name somebody else's. */
  const calls: [status: number, method: string, path: string, body?: Said["body"], type?: string][] = [
    [400, "GET", "bad/connection"],
    [404, "GET", "empty/connection"],
    [404, "GET", "other/connection"],
    [400, "DELETE", "here/connection/no-uuid"],
    [404, "DELETE", `here/connection/${nobody}`],
    [400, "POST", "here/stream/no-uuid/mute", "{}"],
    [404, "POST", `here/stream/${nobody}/mute`],
    [400, "POST", "here/mute", "{"],
    [400, "POST", "here/mute", "null"],
    [400, "POST", "here/mute", ""],
    [400, "POST", "here/mute", '{"active":"on"}'],
    [400, "POST", "here/mute", '{"active":{"toString":1}}'],
    [400, "POST", "here/mute", '{"active":true,"excludedStreamIds":"a"}'],
    [404, "POST", "empty/mute", '{"active":true}'],
    [400, "POST", "here/signal", signal("t", 1)],
    [400, "POST", "here/signal", signal(undefined, "d")],
    [400, "POST", "here/signal", Uint8Array.from(Buffer.from('{"type":"\xff","data":""}', "latin1"))],
    [413, "POST", "here/signal", signal("x".repeat(129), "d")],
    [413, "POST", "here/signal", signal("é".repeat(65), "d")],
    [413, "POST", "here/signal", signal("t", "x".repeat(8193))],
    [413, "POST", "here/signal", signal("t", "x".repeat(70_000))],
    [415, "POST", "here/signal", signal("t", "d"), "text/plain"],
    [404, "POST", `here/connection/${nobody}/signal`, signal("t", "d")],
    [404, "GET", "here/stream"],
    [408, "GET", "here/stream/no-uuid"],
    [404, "GET", `here/stream/${nobody}`],
    [400, "PUT", "here/stream", "[]"],
    [400, "PUT", "here/stream", '{"items":[null]}'],
    [400, "PUT", "here/stream", `{"items":[{"id":"${nobody}","layoutClassList":[]}]}`],
  ];

  it("has the platform's status and the body of its errors", async () => {
    const client = await joined(server.origin, opentok.generateToken(sessionId));
    const sessions = {
      bad: "1_x",
      empty: await server.createSession(),
      other: newSessionId("87654321"),
      here: sessionId,
    };
    for (const [status, method, path, body, type] of calls) {
      const [which = "", ...rest] = path.split("/");
      const url = inSession(sessions[which as keyof typeof sessions], `/${rest.join("/")}`);
      const answer = await ruby(method, url, { body, ...(type && { type }) } as Said);
      expect([path, body, answer.status]).toEqual([path, body, status]);
      expect(JSON.parse(answer.text)).toEqual({ code: status, message: expect.any(String) });
    }
    client.send({ type: "leave" });
    await client.closed;
    expect(client.unread).toEqual([]);
  });

  const signed = (claims: object, secret = API_SECRET) => {
    const times = { iat: seconds(), exp: seconds() + 300 };
    return signHs256({ iss: API_KEY, ist: "project", ...times, ...claims }, createSecretKey(secret, "utf8"));
  };
  const session = newSessionId(API_KEY);
  it.each<[string, string | null, string]>([
    ["nothing", null, "No suitable authentication found"],
    ["no JWT", "T1==abc", "Invalid token format"],
    ["null as claims", "bnVsbA.bnVsbA.x", "Invalid token format"],
    ["another key", signed({ iss: "87654321" }), "Issuer not found"],
    ["another secret", signed({}, "x".repeat(40)), "Invalid signature"],
    ["alg none", jwt.sign({ iss: API_KEY }, "", { algorithm: "none" }), "Invalid token format"],
    ["an account's ist", signed({ ist: "account" }), "Invalid token format"],
    ["a connection token", signed({ scope: "session.connect", session_id: session }), "Invalid token format"],
    ["no exp", signed({ exp: undefined }), "Invalid token format"],
    ["an old one", signed({ iat: seconds() - 400, exp: seconds() - 100 }), "Token expired"],
    ["a clock ahead", signed({ iat: seconds() + 60 }), "issued time cannot be greater than current time"],
    ["a long life", signed({ exp: seconds() + 3600 }), "Invalid token format"],
  ])("for %s in place of the authentication has the platform's reason", async (_, auth, message) => {
    for (const path of ["/session/create", inSession(session, "/signal")]) {
      const answer = await ruby("POST", path, { auth, body: "{}" });
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.text)).toEqual({ code: -1, message, description: message });
    }
  });

  it("for another project's path has status 403", async () => {
    const answer = await ruby("GET", `/v2/project/87654321/session/${session}/connection`);
    expect([answer.status, JSON.parse(answer.text).message]).toEqual([403, "Issuer not found"]);
  });
});

describe("joining", () => {
  const session = newSessionId(API_KEY);
  const token = (claims: object, secret = API_SECRET) =>
    jwt.sign(
      {
        iss: API_KEY,
        ist: "project",
        iat: seconds() - 10,
        exp: seconds() + 60,
        scope: "session.connect",
        session_id: session,
        ...claims,
      },
      secret,
    );

  it.each([
    ["JWT", "jwt"],
    ["T1", "t1"],
  ])("works with a token in the format %s", async (format) => {
    const { data } = await server.graphql(
      `mutation { generateToken(sessionId: "${session}", role: SUBSCRIBER, format: ${format.toUpperCase()}) { token } }`,
    );
    const { room } = await joined(server.origin, data.generateToken.token);
    expect(room).toMatchObject({ sessionId: session, role: "subscriber" });
  });

  it.each([
    ["forged", token({}, "x".repeat(40))],
    ["another project's", token({ session_id: newSessionId("87654321") })],
    ["expired", token({ exp: seconds() - 1 })],
    ["malformed", "canary-token"],
    ["that of a server", token({ scope: undefined })],
  ])("is refused with a token that is %s", async (_, text) => {
    const client = await roomClient(server.origin, { type: "join", token: text });
    expect(await client.next("error")).toMatchObject({
      code: "UNAUTHENTICATED",
      message: expect.any(String),
    });
    expect(await client.closed).toBe(1008);
  });

  it("allows what the role allows", async () => {
    const subscriber = await joined(server.origin, token({ role: "subscriber" }));
    const publisherOnly = await joined(server.origin, token({ role: "publisheronly" }));
    subscriber.send({ type: "publish" });
    publisherOnly.send({ type: "signal", data: "x" });
    for (const client of [subscriber, publisherOnly])
      expect(await client.next("error")).toMatchObject({ code: "FORBIDDEN" });
    const moderator = await joined(server.origin, token({ role: "moderator" }));
    moderator.send({ type: "forceDisconnect", connectionId: publisherOnly.connectionId });
    expect(await publisherOnly.next("disconnected")).toMatchObject({ reason: "forceDisconnected" });
  });

  it("needs a message with a token first, of at most 64 KB", async () => {
    const impatient = await roomClient(server.origin, { type: "publish" });
    expect(await impatient.closed).toBe(1008);
    const long = await roomClient(server.origin, { type: "join", token: "x".repeat(70_000) });
    expect(await long.closed).toBe(1009);
  });
});

it("cuts off a client that sends thousands of messages in one packet", async () => {
  const client = await joined(server.origin, opentok.generateToken(await server.createSession()));
  for (let i = 0; i < 2000; i++) client.send({ type: "unpublish", streamId: "x" });
  expect(await client.closed).toBe(1006);
});

it("counts all calls as one caller, and logs neither IDs nor credentials", async () => {
  const own = await serverForTest();
  const sessionId = newSessionId(API_KEY);
  const auth = rubyAuth();
  await fetch(`${own.origin}${inSession(sessionId, "/connection")}?canary`, {
    headers: { "x-opentok-auth": auth },
  });
  await fetch(`${own.origin}${inSession(sessionId, "/connection")}`);
  const lines = own.log().filter(({ msg }) => msg === "request");
  const path = "/v2/project/:apiKey/session/:sessionId/connection";
  expect(lines).toMatchObject([
    { path, status: 404, caller: "local-platform" },
    { path, status: 403, reason: "No suitable authentication found" },
  ]);
  expect(JSON.stringify(own.log())).not.toMatch(new RegExp(`canary|${sessionId}|${auth.slice(-20)}`));
});

it("is not there with another platform", async () => {
  const { origin } = await serverForTest({ PLATFORM: "opentok" });
  const { status } = await fetch(`${origin}/session/create`, { method: "POST" });
  expect(status).toBe(404);
});
