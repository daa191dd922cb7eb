import { Window } from "happy-dom";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { type Connection, localOT, type Session, type Stream } from "../../packages/client/src/local-ot.ts";
import { API_KEY } from "../support/credentials.ts";
import { serverForTest, type TestServer } from "../support/server.ts";

/** The sockets of the page, oldest first. */
const sockets: WebSocket[] = [];

/** The globals of a page of this origin. */
function browse(url: string): void {
  const page = new Window({ url });
  for (const name of ["document", "location", "addEventListener", "removeEventListener"] as const) {
    const value = page[name];
    vi.stubGlobal(name, typeof value === "function" ? value.bind(page) : value);
  }
  vi.stubGlobal(
    "WebSocket",
    class extends WebSocket {
      constructor(url: URL) {
        super(url);
        // In a browser, an error without a listener does nothing.
        this.on("error", () => {});
        sockets.push(this);
      }
    },
  );
}

/** A server, and a session in which clients connect. */
async function room() {
  // After the sockets have closed, which happens last.
  onTestFinished(() => void vi.unstubAllGlobals());
  const server = await serverForTest();
  browse(server.origin);
  const sessionId = await server.createSession();
  const OT = localOT();
  return {
    server,
    OT,
    /** A client that has connected. */
    async join(role: string, data: string, watches = true) {
      const { session, heard } = clientOf(OT.initSession(API_KEY, sessionId), watches);
      const error = await new Promise((done) =>
        tokenFor(server, sessionId, role, data).then((token) => session.connect(token, done)),
      );
      expect(error).toBeUndefined();
      return { session, heard };
    },
  };
}

async function tokenFor(server: TestServer, sessionId: string, role: string, data: string): Promise<string> {
  const query =
    "mutation($sessionId: ID!, $role: Role, $data: String) { generateToken(sessionId: $sessionId, role: $role, data: $data) { token } }";
  const answer = await server.graphql(query, { sessionId, role, data });
  return answer.data.generateToken.token;
}

/** Writes down what a session hears, and subscribes to each stream. */
function clientOf(session: Session, watches = true) {
  const heard: string[] = [];
  const who = ({ data }: Connection) => data;
  session.on({
    sessionConnected: () => void heard.push("connected"),
    sessionDisconnected: ({ reason }) => void heard.push(`disconnected: ${reason}`),
    connectionCreated: ({ connection }) => void heard.push(`${who(connection)} joined`),
    connectionDestroyed: ({ connection, reason }) => void heard.push(`${who(connection)} left: ${reason}`),
    streamCreated({ stream }) {
      heard.push(`${who(stream.connection)} published ${stream.name}`);
      if (watches) session.subscribe(stream, document.body, { insertMode: "append", width: "100%" });
    },
    streamDestroyed: ({ stream, reason }) =>
      void heard.push(`${who(stream.connection)} ended ${stream.name}: ${reason}`),
    signal: ({ type, data, from }) => void heard.push(`${from ? who(from) : "server"} ${type} ${data}`),
  });
  onTestFinished(() => session.disconnect());
  return { session, heard };
}

const tiles = (kind: "publisher" | "subscriber") =>
  [...document.querySelectorAll(`.OT_${kind}`)].map(({ textContent }) => textContent);

it("lets clients see each other and their streams", async () => {
  const { OT, join } = await room();
  const ann = await join("PUBLISHER", "Ann");
  expect(ann.session.connection).toMatchObject({ data: "Ann", creationTime: expect.any(Number) });
  const ben = await join("SUBSCRIBER", "Ben");
  await expect.poll(() => ben.heard).toEqual(["connected", "Ann joined", "Ben joined"]);
  await expect.poll(() => ann.heard).toEqual(["connected", "Ann joined", "Ben joined"]);

  const publisher = OT.initPublisher(document.body, { insertMode: "append", name: "Ann's" });
  const created = vi.fn();
  publisher.on("streamCreated", created);
  expect(await new Promise((done) => ann.session.publish(publisher, done))).toBeUndefined();
  expect(created).toHaveBeenCalledOnce();
  await expect.poll(() => ben.heard.at(-1)).toBe("Ann published Ann's");
  expect([tiles("publisher"), tiles("subscriber")]).toEqual([["Ann's"], ["Ann's"]]);
  expect(ann.heard).not.toContain("Ann published Ann's");

  publisher.publishAudio(false);
  expect(tiles("publisher")).toEqual(["Ann's (muted)"]);
  ann.session.unpublish(publisher);
  await expect.poll(() => ben.heard.at(-1)).toBe("Ann ended Ann's: clientDisconnected");
  await expect.poll(() => [tiles("publisher"), tiles("subscriber")]).toEqual([[], []]);

  ann.session.disconnect();
  await expect.poll(() => ann.heard.at(-1)).toBe("disconnected: clientDisconnected");
  await expect.poll(() => ben.heard.at(-1)).toBe("Ann left: clientDisconnected");
  expect(ann.session.connection).toBeUndefined();
});

it("shows a client that joins later what is there", async () => {
  const { OT, join } = await room();
  const ann = await join("PUBLISHER", "Ann");
  const done = vi.fn();
  ann.session.publish(OT.initPublisher(undefined, { name: "talk", videoSource: null }), done);
  await expect.poll(() => done).toHaveBeenCalled();
  const ben = await join("SUBSCRIBER", "Ben", false);
  await expect.poll(() => ben.heard).toEqual(["connected", "Ann joined", "Ben joined", "Ann published talk"]);
});

it("sends signals", async () => {
  const { server, join } = await room();
  const ann = await join("PUBLISHER", "Ann");
  const ben = await join("PUBLISHER", "Ben");
  await expect.poll(() => ann.heard.at(-1)).toBe("Ben joined");
  const chats: unknown[] = [];
  ben.session.on("signal:chat", ({ data }) => chats.push(data));
  await ann.session.signal({ type: "chat", data: "Hello" });
  await ann.session.signal({ data: "only to Ben", to: ben.session.connection });
  await expect.poll(() => ben.heard.slice(-2)).toEqual(["Ann signal:chat Hello", "Ann signal only to Ben"]);
  expect(chats).toEqual(["Hello"]);
  const mutation =
    'mutation($sessionId: ID!) { sendSignal(sessionId: $sessionId, type: "note", data: "1") { id } }';
  const { errors } = await server.graphql(mutation, { sessionId: ann.session.sessionId });
  expect(errors).toEqual([]);
  await expect.poll(() => ben.heard.at(-1)).toBe("server signal:note 1");
  await expect.poll(() => ann.heard.slice(-2)).toEqual(["Ann signal:chat Hello", "server signal:note 1"]);
});

it("lets a moderator mute, end and disconnect", async () => {
  const { OT, join } = await room();
  const ann = await join("MODERATOR", "Ann");
  const streams: Stream[] = [];
  ann.session.on("streamCreated", ({ stream }) => void streams.push(stream));
  const ben = await join("PUBLISHER", "Ben");
  const publishers = ["first", "second"].map((name) =>
    OT.initPublisher(document.body, { insertMode: "append", name }),
  );
  for (const publisher of publishers) ben.session.publish(publisher);
  await expect.poll(() => streams).toHaveLength(2);
  const [first, second] = streams as [Stream, Stream];

  const muted = vi.fn();
  publishers[0]?.on("muteForced", muted);
  await ann.session.forceMuteStream(first);
  await expect.poll(() => muted).toHaveBeenCalledOnce();
  expect(tiles("publisher")).toEqual(["first (muted)", "second"]);
  await ann.session.forceMuteAll([first]);
  await expect.poll(() => tiles("publisher")).toEqual(["first (muted)", "second (muted)"]);

  const ended: string[] = [];
  for (const each of publishers) each.once("streamDestroyed", ({ reason }) => void ended.push(reason));
  await ann.session.forceUnpublish(first);
  await expect.poll(() => ended).toEqual(["forceUnpublished"]);

  const done = vi.fn();
  await ann.session.forceDisconnect(second.connection, done);
  expect(done).toHaveBeenCalledWith(undefined);
  await expect.poll(() => ben.heard.at(-1)).toBe("disconnected: forceDisconnected");
  expect(ended).toEqual(["forceUnpublished", "forceDisconnected"]);
  await expect.poll(() => ann.heard.at(-1)).toBe("Ben left: forceDisconnected");
  await expect.poll(() => [tiles("publisher"), tiles("subscriber")]).toEqual([[], []]);
});

it("keeps the tiles of an event whose default is prevented", async () => {
  const { OT, join } = await room();
  const ann = await join("PUBLISHER", "Ann");
  const publisher = OT.initPublisher(document.body, { insertMode: "append", name: "Ann" });
  publisher.on("streamDestroyed", (event) => event.preventDefault());
  await new Promise((done) => ann.session.publish(publisher, done));
  ann.session.disconnect();
  await expect.poll(() => ann.heard.at(-1)).toMatch("disconnected");
  expect(tiles("publisher")).toEqual(["Ann"]);
  publisher.destroy();
  expect(tiles("publisher")).toEqual([]);
});

it("refuses what the role does not allow, with the errors of OpenTok.js", async () => {
  const { OT, join } = await room();
  const { session } = await join("SUBSCRIBER", "Ann");
  const own = session.connection as Connection;
  const publisher = OT.initPublisher();
  expect(await new Promise((done) => session.publish(publisher, done))).toMatchObject({
    name: "OT_PERMISSION_DENIED",
    code: 1500,
  });
  await expect(session.forceDisconnect(own)).rejects.toMatchObject({
    name: "OT_PERMISSION_DENIED",
    code: 1520,
  });
  await expect(session.signal({ data: "x".repeat(8193) })).rejects.toMatchObject({
    name: "OT_INVALID_PARAMETER",
    code: 413,
  });
  const gone = { ...own, connectionId: crypto.randomUUID() };
  await expect(session.signal({ to: gone })).rejects.toMatchObject({ name: "OT_NOT_FOUND", code: 404 });
  const moderator = await join("MODERATOR", "Ben");
  await expect(moderator.session.forceDisconnect(gone)).rejects.toMatchObject({
    name: "OT_INVALID_PARAMETER",
    code: 1011,
  });
  session.disconnect();
  await expect.poll(() => session.connection).toBeUndefined();
  await expect(session.signal({})).rejects.toMatchObject({ name: "OT_NOT_CONNECTED", code: 500 });
});

it("says why it cannot connect", async () => {
  const { server, OT } = await room();
  const [mine, another] = [await server.createSession(), await server.createSession()];
  const connect = (ot: typeof OT, token: string) =>
    new Promise((done) => ot.initSession(API_KEY, mine).connect(token, done));
  const refused = { name: "OT_AUTHENTICATION_ERROR", code: 1004 };
  expect(await connect(OT, "T1==")).toMatchObject(refused);
  expect(await connect(OT, await tokenFor(server, another, "PUBLISHER", ""))).toMatchObject(refused);
  const nowhere = localOT(new URL("/elsewhere", server.origin));
  expect(await connect(nowhere, await tokenFor(server, mine, "PUBLISHER", ""))).toMatchObject({
    name: "OT_CONNECT_FAILED",
    code: 1006,
  });
});

it("ends without a callback if the page leaves before it is connected", async () => {
  const { server, OT } = await room();
  const sessionId = await server.createSession();
  const { session, heard } = clientOf(OT.initSession(API_KEY, sessionId));
  const done = vi.fn();
  session.connect(await tokenFor(server, sessionId, "PUBLISHER", ""), done);
  session.disconnect();
  const again = await new Promise((next) =>
    tokenFor(server, sessionId, "PUBLISHER", "Ann").then((token) => session.connect(token, next)),
  );
  expect([again, done.mock.calls, heard]).toEqual([undefined, [], ["connected", "Ann joined"]]);
});

it("tells a lost connection from one that a moderator ended", async () => {
  const { server, OT } = await room();
  const sessionId = await server.createSession();
  const { session, heard } = clientOf(OT.initSession(API_KEY, sessionId));
  await new Promise((done) =>
    tokenFor(server, sessionId, "PUBLISHER", "Ann").then((token) => session.connect(token, done)),
  );
  sockets.at(-1)?.terminate();
  await expect.poll(() => heard.at(-1)).toBe("disconnected: networkDisconnected");
});

it("connects again at once after it left, and twice at once, as one participant", async () => {
  const { server, OT, join } = await room();
  const ann = await join("PUBLISHER", "Ann");
  const published = OT.initPublisher(document.body, { insertMode: "append", name: "Ann's" });
  await new Promise((done) => ann.session.publish(published, done));
  const ben = await join("SUBSCRIBER", "Ben");
  await expect.poll(() => tiles("subscriber")).toEqual(["Ann's"]);

  const token = await tokenFor(server, ben.session.sessionId, "SUBSCRIBER", "Ben");
  const first = vi.fn();
  ben.heard.length = 0;
  ben.session.disconnect();
  ben.session.connect(token, first);
  expect(ben.heard).toEqual(["disconnected: clientDisconnected"]);
  expect([ben.session.connection, tiles("subscriber")]).toEqual([undefined, []]);
  expect(await new Promise((done) => ben.session.connect(token, done))).toBeUndefined();
  await expect.poll(() => tiles("subscriber")).toEqual(["Ann's"]);
  expect(first).not.toHaveBeenCalled();
  const late = await join("SUBSCRIBER", "Late", false);
  await expect.poll(() => late.heard.filter((event) => event === "Ben joined")).toHaveLength(1);
  expect(late.heard.sort()).toEqual(
    ["connected", "Ann joined", "Ann published Ann's", "Ben joined", "Late joined"].sort(),
  );
});

it("leaves no tile of a stream that ended before the page subscribes to it", async () => {
  const { OT, join } = await room();
  const ann = await join("PUBLISHER", "Ann");
  const ben = await join("SUBSCRIBER", "Ben", false);
  const streams: Stream[] = [];
  ben.session.on("streamCreated", ({ stream }) => void streams.push(stream));
  const publisher = OT.initPublisher(document.body, { insertMode: "append", name: "brief" });
  await new Promise((done) => ann.session.publish(publisher, done));
  publisher.destroy();
  await expect.poll(() => ben.heard.at(-1)).toMatch(/^Ann ended brief/);
  const error = await new Promise((done) =>
    ben.session.subscribe(streams[0] as Stream, document.body, { insertMode: "append" }, done),
  );
  expect(error).toMatchObject({ name: "OT_STREAM_DESTROYED", code: 1604 });
  expect(tiles("subscriber")).toEqual([]);
});
