import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { ArchiveMode, ArchiveResolution, MediaMode, sessionOptions } from "../../src/domain/session.ts";
import { parseSessionId } from "../../src/domain/session-id.ts";
import { NotInSession, type Platform } from "../../src/platform/platform.ts";

/** A client that joined a session. What it hears is complete when the call that caused it has ended. */
export interface JoinedClient {
  readonly connectionId: string;
  /** The signals that it heard from servers. */
  readonly signals: readonly { readonly type: string; readonly data: string }[];
  /** The IDs of its streams that were muted. */
  readonly muted: readonly string[];
  isConnected(): boolean;
  /** Returns the ID of the stream. */
  publish(name: string, videoType: string | null): string;
  leave(): void;
}

/** A platform, and a way to join its sessions. */
export interface Place {
  readonly platform: Platform;
  readonly join: (sessionId: string) => JoinedClient;
}

/** What every implementation of the port must do. */
export function platformContract(owner: string, create: () => Promise<Place>): void {
  let platform: Platform;
  let join: Place["join"];
  beforeEach(async () => {
    ({ platform, join } = await create());
  });
  const now = () => new Date();
  const newSession = () => platform.createSession(sessionOptions({}), now());

  it("names its project, which owns the sessions that it creates", async () => {
    expect(platform.applicationId).toBe(owner);
    const sessionId = await platform.createSession(sessionOptions({}), new Date());
    expect(parseSessionId(sessionId)?.owner).toBe(owner);
  });

  it.each([
    ["relayed", {}],
    ["routed", { mediaMode: MediaMode.ROUTED }],
    ["near somebody", { location: "203.0.113.7" }],
    ["end-to-end encrypted", { mediaMode: MediaMode.ROUTED, e2ee: true }],
    [
      "archived",
      {
        mediaMode: MediaMode.ROUTED,
        archiveMode: ArchiveMode.ALWAYS,
        archiveName: "Tom & Jerry = 100% ☎ 🎉 +x",
        archiveResolution: ArchiveResolution.FHD_PORTRAIT,
      },
    ],
  ])("creates a session that is %s", async (_, options) => {
    const sessionId = await platform.createSession(sessionOptions(options), new Date());
    expect(parseSessionId(sessionId)).toMatchObject({ owner, createdAt: expect.any(Date) });
    if ("location" in options) expect(parseSessionId(sessionId)?.location).toBe(options.location);
  });

  it("never gives the same session twice, however many are asked for at once", async () => {
    const made = Array.from({ length: 100 }, () => platform.createSession(sessionOptions({}), new Date()));
    expect(new Set(await Promise.all(made)).size).toBe(100);
  });

  it("lists nobody in a session that nobody joined", async () => {
    const sessionId = await newSession();
    expect(await platform.connections(sessionId, now())).toEqual([]);
    expect(await platform.streams(sessionId, now())).toEqual([]);
    join(sessionId);
    expect(await platform.streams(sessionId, now())).toEqual([]);
  });

  it("lists who is connected, oldest first", async () => {
    const [sessionId, other] = [await newSession(), await newSession()];
    const clients = [join(sessionId), join(sessionId), join(sessionId)];
    join(other);
    const listed = async () =>
      (await platform.connections(sessionId, now())).map(({ connectionId }) => connectionId);
    expect(await listed()).toEqual(clients.map(({ connectionId }) => connectionId));
    clients.shift()?.leave();
    expect(await listed()).toEqual(clients.map(({ connectionId }) => connectionId));
    const [first] = await platform.connections(sessionId, now());
    expect(first).toMatchObject({ isConnected: true, createdAt: expect.any(Date) });
    expect(Math.abs(Number(first?.createdAt) - Date.now())).toBeLessThan(60_000);
  });

  it("lists the streams", async () => {
    const sessionId = await newSession();
    const client = join(sessionId);
    const [camera, audio] = [client.publish("Ann ☎", "camera"), client.publish("", null)];
    expect(await platform.streams(sessionId, now())).toEqual([
      { streamId: camera, name: "Ann ☎", videoType: "camera", layoutClassList: [] },
      { streamId: audio, name: "", videoType: null, layoutClassList: [] },
    ]);
  });

  it("disconnects one client, once", async () => {
    const sessionId = await newSession();
    const [gone, stays] = [join(sessionId), join(sessionId)];
    await platform.disconnect(sessionId, gone.connectionId, now());
    expect([gone.isConnected(), stays.isConnected()]).toEqual([false, true]);
    await expect(platform.disconnect(sessionId, gone.connectionId, now())).rejects.toThrow(NotInSession);
  });

  it("mutes one stream", async () => {
    const sessionId = await newSession();
    const [muted, other] = [join(sessionId), join(sessionId)];
    const streamId = muted.publish("", "camera");
    muted.publish("", "screen");
    other.publish("", "camera");
    await platform.muteStream(sessionId, streamId, now());
    expect([muted.muted, other.muted]).toEqual([[streamId], []]);
  });

  it("mutes all streams except some, now and later, until that is lifted", async () => {
    const sessionId = await newSession();
    const client = join(sessionId);
    const [muted, excluded] = [client.publish("", "camera"), client.publish("", "camera")];
    await platform.muteAll(sessionId, { active: true, excludedStreamIds: [excluded] }, now());
    const later = client.publish("", "camera");
    expect(client.muted).toEqual([muted, later]);
    await platform.muteAll(sessionId, { active: false, excludedStreamIds: [] }, now());
    client.publish("", "camera");
    expect(client.muted).toEqual([muted, later]);
  });

  it("sends a signal to one client or to all", async () => {
    const sessionId = await newSession();
    const [first, second] = [join(sessionId), join(sessionId)];
    const [one, all] = [
      { type: "chat", data: 'Hi ☎ \n"' },
      { type: "", data: "" },
    ];
    await platform.signal(sessionId, first.connectionId, one, now());
    await platform.signal(sessionId, null, all, now());
    expect([first.signals, second.signals]).toEqual([[one, all], [all]]);
  });

  it.each([
    ["type", "é", 128, (type: string) => ({ type, data: "" })],
    ["data", "☎a", 8192, (data: string) => ({ type: "t", data })],
  ])("takes a signal's %s up to its limit in bytes", async (argument, text, limit, signalOf) => {
    const sessionId = await newSession();
    const client = join(sessionId);
    const longest = text.repeat(limit / Buffer.byteLength(text));
    await platform.signal(sessionId, null, signalOf(longest), now());
    await expect(platform.signal(sessionId, null, signalOf(`${longest}a`), now())).rejects.toMatchObject({
      extensions: { code: "BAD_USER_INPUT", argument },
    });
    expect(client.signals).toEqual([signalOf(longest)]);
  });

  const calls: [string, (sessionId: string, id: string) => Promise<void>][] = [
    ["disconnect", (sessionId, id) => platform.disconnect(sessionId, id, now())],
    ["muteStream", (sessionId, id) => platform.muteStream(sessionId, id, now())],
    ["signal", (sessionId, id) => platform.signal(sessionId, id, { type: "", data: "" }, now())],
  ];

  describe.each(calls)("%s", (_, call) => {
    it("does not find what is not in the session", async () => {
      const [sessionId, other] = [await newSession(), await newSession()];
      await expect(call(sessionId, randomUUID())).rejects.toThrow(NotInSession);
      const client = join(sessionId);
      await expect(call(sessionId, randomUUID())).rejects.toThrow(NotInSession);
      join(other);
      for (const id of [client.connectionId, client.publish("", "camera")])
        await expect(call(other, id)).rejects.toThrow(NotInSession);
    });

    it.each(["", ".", "..", "a/../..", "%2e%2e", "\u{1f600}", "\ud800", "x".repeat(10_000)])(
      "does nothing for the ID %o, which nobody can have",
      async (id) => {
        const sessionId = await newSession();
        const client = join(sessionId);
        client.publish("", "camera");
        await expect(call(sessionId, id)).rejects.toThrow();
        expect(client).toMatchObject({ signals: [], muted: [] });
        expect(client.isConnected()).toBe(true);
      },
    );
  });

  it.each<[string, (sessionId: string) => Promise<void>]>([
    ["muteAll", (id) => platform.muteAll(id, { active: true, excludedStreamIds: [] }, now())],
    ["signal", (id) => platform.signal(id, null, { type: "", data: "" }, now())],
  ])("does not find a session that nobody joined: %s", async (_, call) => {
    await expect(call(await newSession())).rejects.toThrow(NotInSession);
  });
}
