import { describe, expect, it } from "vitest";
import { localCaller } from "../../src/access/caller.ts";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { readMonitoringEvent } from "../../src/domain/read-monitoring-event.ts";
import { Role } from "../../src/domain/role.ts";
import { NO_SESSIONS } from "../../src/domain/session-selection.ts";
import { ParticipantService } from "../../src/services/participants.ts";
import { UNSHARED } from "../../src/shares/shares.ts";
import { openTokKeyRing } from "../../src/signing/key-ring.ts";
import { SigningService } from "../../src/signing/signing-service.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { at, START, sessionOf } from "../support/filled.ts";
import { count, issued } from "../support/records.ts";
import { newStore } from "../support/stores.ts";

const [one, two] = [sessionOf(1), sessionOf(2)] as const;
const everybody = localCaller();
const ofOne = {
  ...everybody,
  permissions: { ...everybody.permissions, sessions: { ...NO_SESSIONS, ids: new Set([one.sessionId]) } },
};

async function start(onApplied = () => {}) {
  const store = await newStore("SQLite in memory");
  const signing = new SigningService(openTokKeyRing(API_KEY, API_SECRET));
  const { sessions, participants } = store;
  const parts = { applicationId: API_KEY, signing, sessions, participants, shares: UNSHARED, onApplied };
  return { ...store, signing, service: new ParticipantService(parts) };
}

const created = (sessionId: string, id: string, time = 0, data = "d"): MonitoringEvent => ({
  sessionId,
  projectId: API_KEY,
  timestamp: START,
  event: "connectionCreated",
  connection: { id, createdAt: START + time, data },
});

describe("participants", () => {
  it("get the token with their connection data, also in the last of many events", async () => {
    const { service, ledger, signing } = await start();
    const fingerprint = signing.fingerprint(one.sessionId, "ann");
    const times = { issuedAt: at(-1), expiresAt: at(1000) };
    await ledger.record([
      issued("t", { sessionId: one.sessionId, role: Role.MODERATOR, identity: "ann", fingerprint, ...times }),
    ]);
    const others = count(1200, (i) => created(one.sessionId, `c${i}`));
    await service.apply([...others, created(one.sessionId, "a", 0, "ann")]);
    const [found] = await service.findMany(everybody, ["p_a"]);
    expect(found).toMatchObject({ tokenId: "t", identity: "ann", role: Role.MODERATOR, data: "ann" });
    expect(await service.counts(everybody, [one])).toEqual([1201]);
  });

  it("never get the token of data that only looks like theirs", async () => {
    const { service, ledger, signing } = await start();
    const { sessionId } = one;
    const times = { issuedAt: at(-1), expiresAt: at(1000) };
    await ledger.record(
      ["a\0b", "a\ufffdb", null].map((data, i) => {
        const fingerprint = signing.fingerprint(sessionId, data);
        return issued(`t${i}`, { sessionId, identity: `person ${i}`, fingerprint, ...times });
      }),
    );
    const told = ["a\0b", "a\ufffdb", "", "a\ud800b", " ", "null"].map((data, i) => {
      // As the platform tells it.
      const event = readMonitoringEvent(JSON.parse(JSON.stringify(created(sessionId, `c${i}`, 0, data))));
      return event as MonitoringEvent;
    });
    await service.apply(told);
    const found = await service.findMany(
      everybody,
      count(told.length, (i) => `p_c${i}`),
    );
    expect(found.map((each) => each?.tokenId)).toEqual(["t0", "t1", "t2", null, null, null]);
  });

  it("are read of the sessions that the caller may use", async () => {
    const { service } = await start();
    const sessions = [one, two];
    await service.apply(
      sessions.flatMap(({ sessionId }, i) => [created(sessionId, `${i}`), created(sessionId, `${i}x`, 5)]),
    );
    const pages = await service.pages(ofOne, sessions, { first: 1 }, true);
    expect(pages).toMatchObject([
      { nodes: [{ connectionId: "0x" }], pageInfo: { hasNextPage: true } },
      { message: expect.stringContaining("may not use this session") },
    ]);
    const [page] = pages as unknown as [{ pageInfo: { endCursor: string } }];
    const rest = await service.pages(ofOne, [one], { first: 1, after: page.pageInfo.endCursor }, true);
    expect(rest).toMatchObject([{ nodes: [{ connectionId: "0" }], pageInfo: { hasNextPage: false } }]);
    expect(await service.counts(ofOne, [two, one])).toMatchObject([{ name: "Forbidden" }, 2]);
    const found = await service.findMany(ofOne, ["p_1", "p_0", "p_none", "p_\0"]);
    expect(found.map((each) => each?.connectionId)).toEqual([undefined, "0", undefined, undefined]);
    await expect(service.pages(ofOne, [one], { first: 101 }, true)).rejects.toThrow(/first must be/);
  });

  it("tell a listener when events were applied, and not of those that change nothing", async () => {
    let calls = 0;
    const { service } = await start(() => {
      calls += 1;
    });
    await service.apply([created(one.sessionId, "a")]);
    await service.apply([{ ...created(one.sessionId, "a"), event: "sessionCreated" } as MonitoringEvent]);
    expect(calls).toBe(1);
    await service.apply([created(one.sessionId, "b")]);
    expect(calls).toBe(2);
  });
});
