import { randomUUID } from "node:crypto";
import { Auth } from "@vonage/auth";
import { Video } from "@vonage/video";
import OpenTok from "opentok";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Platform } from "../../src/platform/platform.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import {
  answer,
  answerJson,
  type FaultServer,
  newSessionId,
  startFaultServer,
} from "../support/fault-server.ts";
import { platformOf } from "../support/platform-of.ts";

/*
 * What we send for a session's clients, beside what the official packages send for the same calls.
 */

let fault: FaultServer;
beforeAll(async () => {
  fault = await startFaultServer((response, request) => {
    const done = answer(request.method === "DELETE" ? 204 : 200, "text/plain", "");
    (request.method === "GET" ? answerJson(200, { count: 0, items: [] }) : done)(response, request);
  });
});
afterAll(() => fault.close());
beforeEach(() => {
  fault.received.length = 0;
});

/** Headers of the HTTP clients, which are not about the call; and `headers`, which opentok sends by mistake. */
const ASIDE = new Set([
  ...["host", "connection", "accept-encoding", "accept-language", "sec-fetch-mode"],
  ...["user-agent", "x-opentok-auth", "authorization", "headers"],
]);

/** The only request so far, to the byte. */
function request() {
  const [only, ...more] = fault.received.splice(0);
  if (!only || more.length > 0) throw new Error("not one request");
  const { method, path, body } = only;
  const headers = Object.entries(only.headers).filter(([name]) => !ASIDE.has(name));
  return { method, path, body, headers: Object.fromEntries(headers) };
}

const [sessionId, connectionId, streamId] = [newSessionId(API_KEY), randomUUID(), randomUUID()];
const signal = { type: "chat ☎", data: '"\\ Hi\n🎉' };
const now = new Date();

const CALLS = {
  streams: (platform: Platform) => platform.streams(sessionId, now),
  disconnect: (platform: Platform) => platform.disconnect(sessionId, connectionId, now),
  muteStream: (platform: Platform) => platform.muteStream(sessionId, streamId, now),
  "muteAll except one": (platform: Platform) =>
    platform.muteAll(sessionId, { active: true, excludedStreamIds: [streamId] }, now),
  "muteAll, lifted": (platform: Platform) =>
    platform.muteAll(sessionId, { active: false, excludedStreamIds: [streamId] }, now),
  "signal to one": (platform: Platform) => platform.signal(sessionId, connectionId, signal, now),
  "signal to all": (platform: Platform) => platform.signal(sessionId, null, signal, now),
};
type Call = keyof typeof CALLS;
const names = Object.keys(CALLS) as Call[];

describe("opentok", () => {
  type Callback = (error: Error | null) => void;
  /** The methods that the package's types lack. */
  interface Muting {
    forceMuteStream(sessionId: string, streamId: string, done: Callback): void;
    forceMuteAll(sessionId: string, options: object, done: Callback): void;
    disableForceMute(sessionId: string, done: Callback): void;
  }
  const theirs: Record<Call, (opentok: OpenTok & Muting, done: Callback) => void> = {
    streams: (opentok, done) => opentok.listStreams(sessionId, done),
    disconnect: (opentok, done) => opentok.forceDisconnect(sessionId, connectionId, done),
    muteStream: (opentok, done) => opentok.forceMuteStream(sessionId, streamId, done),
    "muteAll except one": (opentok, done) =>
      opentok.forceMuteAll(sessionId, { excludedStreamIds: [streamId] }, done),
    "muteAll, lifted": (opentok, done) => opentok.disableForceMute(sessionId, done),
    "signal to one": (opentok, done) => opentok.signal(sessionId, connectionId, signal, done),
    // The package takes null for everybody; its types do not.
    "signal to all": (opentok, done) => opentok.signal(sessionId, null as never, signal, done),
  };

  it.each(names)("is sent the same for %s", async (name) => {
    await CALLS[name](platformOf("opentok", fault.url));
    const ours = request();
    const opentok = new OpenTok(API_KEY, API_SECRET, fault.url as OpenTok.Env) as OpenTok & Muting;
    await new Promise<void>((resolve, reject) => {
      theirs[name](opentok, (error) => (error ? reject(error) : resolve()));
    });
    expect(ours).toEqual(request());
  });
});

describe("@vonage/video", () => {
  const theirs: Record<Call, (video: Video) => Promise<unknown>> = {
    streams: (video) => video.getStreamInfo(sessionId),
    disconnect: (video) => video.disconnectClient(sessionId, connectionId),
    muteStream: (video) => video.muteStream(sessionId, streamId),
    "muteAll except one": (video) => video.forceMuteAll(sessionId, [streamId]),
    "muteAll, lifted": (video) => video.disableForceMute(sessionId),
    "signal to one": (video) => video.sendSignal(signal, sessionId, connectionId),
    "signal to all": (video) => video.sendSignal(signal, sessionId),
  };

  it.each(names)("is sent the same for %s", async (name) => {
    await CALLS[name](platformOf("vonage", fault.url));
    const ours = request();
    const auth = new Auth({ applicationId: APPLICATION_ID, privateKey: PRIVATE_KEY });
    await theirs[name](new Video(auth, { videoHost: fault.url }));
    // It accepts anything. Without JSON as the only choice, the platform answers some calls in XML.
    const { headers, ...their } = request();
    expect(ours).toEqual({ ...their, headers: { ...headers, accept: "application/json" } });
  });
});

it.each([
  ["opentok", API_KEY],
  ["vonage", APPLICATION_ID],
] as const)(
  "%s is asked for connections, which neither package lists, as for streams",
  async (name, owner) => {
    const platform = platformOf(name, fault.url);
    await platform.connections(sessionId, now);
    const { path, ...ours } = request();
    expect(path).toBe(`/v2/project/${owner}/session/${sessionId}/connection`);
    await platform.streams(sessionId, now);
    expect(request()).toMatchObject(ours);
  },
);
