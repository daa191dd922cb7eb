import { describe, expect, it, vi } from "vitest";
import { type Caller, localCaller } from "../../src/access/caller.ts";
import { Quota } from "../../src/access/quota.ts";
import { NO_AUDIT } from "../../src/audit/audit.ts";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { LeaveReason } from "../../src/domain/participant.ts";
import { NO_SESSIONS } from "../../src/domain/session-selection.ts";
import { PlatformUnavailable } from "../../src/errors.ts";
import { emulatedPlatform } from "../../src/platform/emulator/emulated-platform.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { BanService } from "../../src/services/bans.ts";
import { ModerationService } from "../../src/services/moderation.ts";
import { ParticipantService } from "../../src/services/participants.ts";
import { Remover } from "../../src/services/remover.ts";
import { UNSHARED } from "../../src/shares/shares.ts";
import { openTokKeyRing } from "../../src/signing/key-ring.ts";
import { SigningService } from "../../src/signing/signing-service.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { issued, session } from "../support/records.ts";
import { SESSION, sessionNamed, testRooms } from "../support/rooms.ts";
import { type EngineName, newStore } from "../support/stores.ts";

const everybody = localCaller();
const OTHER = sessionNamed("other");
const ofOther: Caller = {
  ...everybody,
  id: "key:other",
  permissions: { ...everybody.permissions, sessions: { ...NO_SESSIONS, ids: new Set([OTHER]) } },
};

interface Options {
  readonly engine?: EngineName;
  readonly isLedgerOn?: boolean;
  readonly canAsk?: boolean;
  readonly more?: Partial<Platform>;
}

/** The services on a store of their own, with clients in the rooms of the emulator. */
async function start({ engine = "SQLite in memory", isLedgerOn = true, canAsk = true, more }: Options = {}) {
  const store = await newStore(engine);
  const { events, calls, join } = testRooms();
  const platform = { ...emulatedPlatform(API_KEY, calls), ...more };
  const signing = new SigningService(openTokKeyRing(API_KEY, API_SECRET));
  const { sessions, participants, bans, removals, ledger } = store;
  const lines: object[] = [];
  const log = { attempts: [] as [string, unknown][], changes: [] as unknown[], onRemoved: vi.fn() };
  const clock = { now: new Date() };
  const now = () => clock.now;
  const remover = new Remover({
    removals,
    platform,
    now,
    listener: {
      onAttempt: (...attempt) => log.attempts.push(attempt),
      onCounted() {},
      onChange: (cause) => log.changes.push(cause),
    },
    onRemoved: log.onRemoved,
    canAsk,
  });
  const parts = {
    applicationId: API_KEY,
    sessions,
    shares: UNSHARED,
    participants,
    audit: {
      ...NO_AUDIT,
      acted: async ({ id }: Caller, event: string, concerned: object) => {
        lines.push({ caller: id, event, ...concerned });
      },
    },
    quota: new Quota("acts", 20),
    now,
    isLedgerOn,
  };
  const feed = new ParticipantService({ ...parts, signing, onApplied: () => remover.wake() });
  /** The platform's events arrive, as if the client had joined now. */
  const tells = async () => {
    const all = events.splice(0).map((event) => {
      const timestamp = Date.now();
      if (!("connection" in event)) return event;
      return { ...event, timestamp, connection: { ...event.connection, createdAt: timestamp } };
    });
    await feed.apply(all as MonitoringEvent[]);
  };
  return {
    store,
    tells,
    lines,
    log,
    clock,
    remover,
    bans: new BanService({ ...parts, bans, ledger, onRemovals: () => remover.wake() }),
    moderation: new ModerationService({ ...parts, platform, signing, bans, removals, remover }),
    /** Somebody joins with connection data, with which a token for an identity was issued. */
    async joins(data: string, identity: string | null = null) {
      const times = { issuedAt: new Date(Date.now() - 1000), expiresAt: new Date(Date.now() + 60_000) };
      const fingerprint = signing.fingerprint(SESSION, data);
      await ledger.record([issued(`t-${data}`, { sessionId: SESSION, identity, fingerprint, ...times })]);
      const client = join({ data });
      await tells();
      return { client, id: `p_${client.connectionId}` };
    },
    find: async (id: string) => (await participants.findMany([id]))[0],
  };
}

const silence = async () => {
  throw new PlatformUnavailable("The platform did not answer in time", true);
};
const soon = (check: () => unknown) => vi.waitFor(check, { timeout: 5000, interval: 20 });

describe.each(["SQLite in memory", "PostgreSQL"] as const)("a removal on %s", (engine) => {
  it("disconnects the client, and is over", async () => {
    const { moderation, joins, store, lines, log } = await start({ engine });
    const { client, id } = await joins("d", "ann");
    const removed = await moderation.remove(everybody, id, null);
    expect(client.ended).not.toBeNull();
    expect(removed).toMatchObject({
      id,
      leftAt: expect.any(Date),
      leaveReason: LeaveReason.FORCE_DISCONNECTED,
    });
    expect(await store.removals.count()).toBe(0);
    expect(log.attempts).toEqual([["removed", null]]);
    expect(log.onRemoved).toHaveBeenCalledOnce();
    const line = { caller: "local", event: "participant.removed", sessionId: SESSION, participant: id };
    expect(lines).toEqual([{ ...line, identity: "ann" }]);
    expect(await moderation.remove(everybody, id, null)).toEqual(removed);
    expect(lines).toHaveLength(1);
  });

  it("is kept while the platform is silent, and then done by the remover", async () => {
    const platform: { more: Partial<Platform> } = { more: { disconnect: silence } };
    const { moderation, joins, remover, store, log, find, clock } = await start({
      engine,
      more: { disconnect: (...call) => platform.more.disconnect?.(...call) as Promise<void> },
    });
    const { id } = await joins("d");
    await expect(moderation.remove(everybody, id, null)).rejects.toMatchObject({
      extensions: { code: "PLATFORM_UNAVAILABLE", retryable: true },
      message: "The platform did not answer in time; the removal is kept and tried again",
    });
    expect(await store.removals.count()).toBe(1);
    platform.more = { disconnect: async () => {} };
    const background = remover.begin();
    await soon(async () => expect((await find(id))?.leftAt).toBeInstanceOf(Date));
    expect(log.attempts.map(([reason]) => reason)).toEqual(["removed", "removed"]);
    expect(log.changes).toEqual([expect.any(PlatformUnavailable)]);
    clock.now = new Date(clock.now.getTime() + 60_000);
    await soon(() => expect(log.changes).toEqual([expect.any(PlatformUnavailable), null]));
    await background.stop();
  });

  it("with a ban removes whoever has the identity, now and later", async () => {
    const { moderation, bans, joins, store, remover, lines } = await start({ engine });
    const background = remover.begin();
    const [one, two] = [await joins("one", "ann"), await joins("two", "ann")];
    const other = await joins("other", "bob");
    await moderation.remove(everybody, one.id, { until: null });
    await soon(() => expect(two.client.ended).not.toBeNull());
    expect(lines).toMatchObject([
      { event: "ban.created", identity: "ann" },
      { event: "participant.removed" },
    ]);
    const refused = await store.ledger.record([issued("x", { sessionId: SESSION, identity: "ann" })]);
    expect([...refused]).toEqual([["x", { bannedUntil: null }]]);
    const [ban] = (await bans.list(everybody, {}, {})).nodes;
    expect(ban).toMatchObject({ identity: "ann", sessionId: SESSION, createdBy: "local", isActive: true });
    expect(await bans.lift(everybody, ban?.id ?? "")).toMatchObject({ liftedAt: expect.any(Date) });
    expect(await store.ledger.record([issued("y", { sessionId: SESSION, identity: "ann" })])).toEqual(
      new Map(),
    );
    expect(other.client.ended).toBeNull();
    await background.stop();
  });
});

describe("a removal", () => {
  it("of somebody whom the platform no longer knows is done", async () => {
    const { moderation, joins } = await start();
    const { client, id } = await joins("d");
    client.breaks();
    const removed = await moderation.remove(everybody, id, null);
    expect(removed.leaveReason).toBe(LeaveReason.UNKNOWN);
  });

  it("with a ban but without an identity bans the connection data", async () => {
    const { moderation, joins, bans } = await start();
    const { id } = await joins("d");
    await moderation.remove(everybody, id, { until: null });
    expect((await bans.list(everybody, {}, {})).nodes).toMatchObject([
      { identity: null, sessionId: SESSION },
    ]);
  });

  it("with a ban of somebody without identity and data changes nothing", async () => {
    const { moderation, joins, store, find } = await start();
    const { id } = await joins("");
    await expect(moderation.remove(everybody, id, { until: null })).rejects.toMatchObject({
      extensions: { code: "BAD_USER_INPUT", argument: "ban" },
    });
    expect(await store.removals.count()).toBe(0);
    expect((await find(id))?.leftAt).toBeNull();
  });

  it("of a command waits for a server", async () => {
    const { moderation, joins, store } = await start({ canAsk: false });
    const { id } = await joins("d");
    const removed = moderation.remove(everybody, id, null);
    const take = () => store.removals.take(1, 0);
    await soon(async () => expect(await take()).toHaveLength(1));
    const [removal] = await take();
    const leave = { at: Date.now(), reason: LeaveReason.FORCE_DISCONNECTED };
    if (removal) await store.removals.confirm(removal, leave);
    expect(await removed).toMatchObject({ leftAt: expect.any(Date) });
  });
});

describe("an act", () => {
  it("treats what the caller may not use as unknown", async () => {
    const { moderation, bans, joins, lines } = await start();
    const { id } = await joins("d", "ann");
    const ban = await bans.ban(everybody, { identity: "bob", sessionId: SESSION, until: null });
    const refusal = async (act: () => Promise<unknown>) =>
      act().catch(({ message, extensions }) => ({ message, extensions }));
    for (const [forbidden, unknown] of [
      [() => moderation.remove(ofOther, id, null), () => moderation.remove(ofOther, "p_none", null)],
      [() => moderation.muteParticipant(ofOther, id), () => moderation.muteParticipant(ofOther, "p_\0")],
      [() => bans.lift(ofOther, ban.id), () => bans.lift(ofOther, "b_none")],
      [() => bans.revokeToken(ofOther, "t-d"), () => bans.revokeToken(ofOther, "none")],
    ] as const) {
      const refused = await refusal(forbidden);
      expect(refused).toMatchObject({ extensions: { code: "BAD_USER_INPUT", argument: "id" } });
      expect(await refusal(unknown)).toEqual(refused);
    }
    expect((await bans.list(ofOther, {}, {})).nodes).toEqual([]);
    expect((await bans.list(ofOther, {}, { sessionId: SESSION })).nodes).toEqual([]);
    expect(await bans.findMany(ofOther, [ban.id])).toEqual([null]);
    expect(lines).toHaveLength(1);
  });

  it("on all sessions is not for those who manage as moderators", async () => {
    const { bans } = await start();
    const permissions = { ...everybody.permissions, identity: "ann", asModerator: true };
    const moderator = { ...everybody, permissions };
    const ban = { identity: "bob", sessionId: null, until: null };
    const { id } = await bans.ban(everybody, ban);
    for (const act of [() => bans.ban(moderator, ban), () => bans.lift(moderator, id)])
      await expect(act()).rejects.toMatchObject({
        extensions: { code: "FORBIDDEN", requiredModerator: "*" },
      });
  });

  it("counts toward the quota of its caller", async () => {
    const { moderation } = await start();
    const acts = Array.from({ length: 21 }, () => moderation.muteSession({ ...ofOther }, SESSION, [], true));
    const codes = (await Promise.allSettled(acts)).map(
      (act) => "reason" in act && act.reason.extensions.code,
    );
    expect(codes.filter((code) => code === "FORBIDDEN")).toHaveLength(20);
    expect(codes.filter((code) => code === "RATE_LIMITED")).toHaveLength(1);
  });

  it("that needs the ledger is refused without", async () => {
    const { moderation, bans, joins } = await start({ isLedgerOn: false });
    const { id } = await joins("d", "ann");
    for (const act of [
      () => bans.ban(everybody, { identity: "ann", sessionId: null, until: null }),
      () => bans.lift(everybody, "b_none"),
      () => bans.revokeToken(everybody, "t-d"),
      () => moderation.remove(everybody, id, { until: null }),
      () => moderation.limit(everybody, SESSION, 2),
    ])
      await expect(act()).rejects.toMatchObject({
        message: expect.stringContaining("LEDGER=off"),
        extensions: { code: "LEDGER_UNAVAILABLE", retryable: false },
      });
    expect(await moderation.remove(everybody, id, null)).toMatchObject({ leftAt: expect.any(Date) });
  });

  it("revokes a token, and removes who came with it", async () => {
    const { bans, joins, remover, lines } = await start();
    const background = remover.begin();
    const { client } = await joins("d", "ann");
    const revoked = await bans.revokeToken(everybody, "t-d");
    expect(revoked.revokedAt).toBeInstanceOf(Date);
    await soon(() => expect(client.ended).not.toBeNull());
    expect(await bans.revokeToken(everybody, "t-d")).toEqual(revoked);
    expect(lines[0]).toMatchObject({ event: "token.revoked", jti: "t-d", identity: "ann" });
    await background.stop();
  });

  it("mutes the streams of a participant", async () => {
    const { moderation, joins, tells } = await start();
    const { client, id } = await joins("d");
    const muted = moderation.muteParticipant(everybody, id);
    await expect(muted).rejects.toThrow("The participant publishes no stream");
    client.says({ type: "publish", name: "n", videoType: "camera" } as never);
    await tells();
    await moderation.muteParticipant(everybody, id);
    expect(client.all("muted")).toHaveLength(1);
    await moderation.remove(everybody, id, null);
    await expect(moderation.muteParticipant(everybody, id)).rejects.toMatchObject({
      extensions: { code: "NOT_IN_SESSION" },
    });
  });

  it("mutes a session, except streams", async () => {
    const { moderation, joins, lines } = await start();
    const mute = (except: string[], active: boolean) =>
      moderation.muteSession(everybody, SESSION, except, active);
    await expect(mute([], true)).rejects.toMatchObject({ extensions: { code: "NOT_IN_SESSION" } });
    await joins("d");
    await mute(["s"], true);
    await mute([], false);
    expect(lines).toMatchObject([{ event: "session.muted" }, { event: "session.unmuted" }]);
    const wrong: [string[], boolean][] = [
      [["s"], false],
      [Array<string>(101).fill("s"), true],
      [[""], true],
      [["s\ud800"], true],
    ];
    for (const [except, active] of wrong)
      await expect(mute(except, active)).rejects.toMatchObject({ extensions: { argument: "except" } });
  });

  it("sends a signal to one, or to all", async () => {
    const { moderation, joins } = await start();
    const [one, two] = [await joins("one"), await joins("two")];
    const signal = { type: "t", data: "hello" };
    const send = (to: string | null, more = {}) =>
      moderation.signal(everybody, SESSION, to, { ...signal, ...more });
    await send(one.id);
    await send(null);
    expect(one.client.all("signal")).toHaveLength(2);
    expect(two.client.all("signal")).toHaveLength(1);
    for (const [argument, more] of [
      ["type", { type: "é".repeat(65) }],
      ["type", { type: "\ud800" }],
      ["data", { data: "é".repeat(4097) }],
      ["data", { data: "x".repeat(8193) }],
    ] as const)
      await expect(send(null, more)).rejects.toMatchObject({ extensions: { argument } });
    await expect(send("p_none")).rejects.toMatchObject({ extensions: { argument: "participantId" } });
    await moderation.remove(everybody, one.id, null);
    await expect(send(one.id)).rejects.toMatchObject({ extensions: { code: "NOT_IN_SESSION" } });
  });

  it("limits a session that was created here", async () => {
    const { moderation, store, lines } = await start();
    await expect(moderation.limit(everybody, SESSION, 2)).rejects.toMatchObject({
      extensions: { argument: "sessionId" },
    });
    await store.sessions.add(session(SESSION));
    await expect(moderation.limit(everybody, SESSION, 0)).rejects.toMatchObject({
      extensions: { argument: "maxParticipants" },
    });
    await moderation.limit(everybody, SESSION, 2);
    expect(await store.sessions.findMany([SESSION])).toMatchObject([{ maxParticipants: 2 }]);
    await moderation.limit(everybody, SESSION, null);
    expect(await store.sessions.findMany([SESSION])).toMatchObject([{ maxParticipants: null }]);
    expect(lines).toMatchObject([
      { event: "session.limited", maxParticipants: 2 },
      { maxParticipants: null },
    ]);
  });
});
