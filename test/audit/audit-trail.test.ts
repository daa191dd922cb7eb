import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { localCaller } from "../../src/access/caller.ts";
import { type AuditTrail, auditTrail } from "../../src/audit/audit-trail.ts";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import type { IssuedToken } from "../../src/domain/issued-token.ts";
import { Role } from "../../src/domain/role.ts";
import { AuditUnavailable } from "../../src/errors.ts";

const NOW = new Date("2026-11-28T09:30:00.123Z");
const CALLER = { ...localCaller(), id: "key:0123abcd", origin: { address: "203.0.113.7", requestId: "r" } };

const token = (id: string): IssuedToken => ({
  id,
  sessionId: "1_a",
  role: Role.PUBLISHER_ONLY,
  format: TokenFormat.JWT,
  issuedTo: "web",
  issuedAt: NOW,
  expiresAt: new Date(NOW.getTime() + 60_000),
  identity: "user-42",
  revokedAt: null,
  fingerprint: "canary",
});

let trail: AuditTrail;
let writes: string[];
let failures: string[];
let recoveries: number[];
/** Says what a write does before anything is written. */
let behave: (act: () => Promise<void>) => void;

const lines = (): Record<string, unknown>[] =>
  writes.flatMap((text) => text.split("\n").filter((line) => line !== "")).map((line) => JSON.parse(line));

function keep(required: boolean) {
  writes = [];
  failures = [];
  recoveries = [];
  // Of this trail alone: what another test left may still be about to write.
  let act = async () => {};
  behave = (next) => {
    act = next;
  };
  const destination = {
    async write(text: string) {
      await act();
      writes.push(text);
    },
    reopen() {},
    async close() {},
  };
  trail = auditTrail(destination, {
    required,
    now: () => NOW,
    onFailure: (reason) => failures.push(reason),
    onRecovery: (lost) => recoveries.push(lost),
  });
}

const fail = async () => {
  throw new Error("ENOSPC");
};
const hang = () => new Promise<void>(() => {});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("an audit trail", () => {
  beforeEach(() => keep(false));

  it("has a line for each event, with who did it", async () => {
    await trail.tokensIssued(CALLER, [token("one")]);
    await trail.sessionCreated(CALLER, "1_b");
    await trail.keyCreated({ caller: "operator:ann" }, { id: "0123abcd", name: "web", expiresAt: null });
    await trail.keyRevoked({ caller: "operator:ann" }, "0123abcd");
    const concerned = { sessionId: "1_a", identity: "user-42" };
    await trail.acted(CALLER, "ban.created", { ban: "b_1", ...concerned, until: null });
    await trail.acted(CALLER, "session.limited", { sessionId: "1_a", maxParticipants: 2 });
    trail.purged(7);
    trail.credentialsSwapped();
    await trail.close();
    const by = { caller: "key:0123abcd", address: "203.0.113.7", requestId: "r" };
    const key = "key:0123abcd";
    const time = NOW.toISOString();
    const expiresAt = "2026-11-28T09:31:00.123Z";
    expect(lines()).toEqual([
      {
        time,
        event: "token.issued",
        ...by,
        sessionId: "1_a",
        role: "PUBLISHER_ONLY",
        jti: "one",
        identity: "user-42",
        expiresAt,
      },
      { time, event: "session.created", ...by, sessionId: "1_b" },
      { time, event: "key.created", caller: "operator:ann", key, name: "web" },
      { time, event: "key.revoked", caller: "operator:ann", key },
      { time, event: "ban.created", ...by, ban: "b_1", ...concerned },
      { time, event: "session.limited", ...by, sessionId: "1_a", maxParticipants: 2 },
      { time, event: "ledger.purged", records: 7 },
      { time, event: "credentials.swapped" },
    ]);
  });

  it("writes what belongs together, or happens meanwhile, in one go", async () => {
    await trail.tokensIssued(
      CALLER,
      Array.from({ length: 1000 }, (_, i) => token(`${i}`)),
    );
    expect(writes).toHaveLength(1);
    let go: (() => void) | undefined;
    behave(() => new Promise((resolve) => (go = resolve)));
    const first = trail.sessionCreated(CALLER, "1_first");
    await vi.waitFor(() => expect(go).toBeDefined());
    const others = Array.from({ length: 10 }, (_, i) => trail.sessionCreated(CALLER, `1_${i}`));
    behave(async () => {});
    go?.();
    await Promise.all([first, ...others]);
    expect(writes.map((text) => text.split("\n").length - 1)).toEqual([1000, 1, 10]);
  });

  it("tells callers apart whose subjects of 255 characters differ in the last", async () => {
    const iss = `https://login.example.com/${"0".repeat(36)}/v2.0`;
    const ids = ["a", "b"].map((last) => `jwt:${JSON.stringify([iss, `${"\u0007".repeat(254)}${last}`])}`);
    for (const id of ids) await trail.sessionCreated({ ...CALLER, id }, "1_a");
    expect(lines().map(({ caller }) => caller)).toEqual(ids);
  });

  it("keeps lines whole and short, whatever a caller is called", async () => {
    const id = `jwt:["\n\u2028","${"x".repeat(2000)}"]`;
    await trail.sessionCreated({ ...CALLER, id }, "1_a");
    expect(writes[0]?.match(/[\n\u2028]/g)).toEqual(["\n"]);
    expect(lines()).toMatchObject([{ caller: id.slice(0, 2000) }]);
    trail.refused({}, { code: "FORBIDDEN", reason: "y".repeat(301) });
    await trail.close();
    expect(lines()[1]?.reason).toHaveLength(300);
  });

  it("counts the refusals that have no line", async () => {
    for (let i = 0; i < 25; i++)
      trail.refused({ caller: "ann", requestId: `${i}` }, { code: "RATE_LIMITED", reason: "r" });
    vi.advanceTimersByTime(1000);
    await trail.close();
    expect(lines()).toHaveLength(21);
    expect(lines().at(-1)).toMatchObject({ event: "refusals.leftOut", caller: "ann", refusals: 5 });
  });

  it("delivers while it cannot be written, and then says how many lines it lacks", async () => {
    const failing = vi.fn(fail);
    behave(failing);
    await trail.tokensIssued(CALLER, [token("one"), token("two")]);
    await trail.sessionCreated(CALLER, "1_a");
    await vi.waitFor(() => expect(failing).toHaveBeenCalledTimes(2));
    expect(failures).toEqual(["ENOSPC"]);
    behave(async () => {});
    await trail.sessionCreated(CALLER, "1_b");
    await vi.waitFor(() => expect(recoveries).toEqual([3]));
    expect(lines()).toMatchObject([
      { event: "audit.lost", lines: 3 },
      { event: "session.created", sessionId: "1_b" },
    ]);
    await trail.sessionCreated(CALLER, "1_c");
    expect(lines()).toHaveLength(3);
  });

  it("keeps nobody waiting for more than two seconds, and then nobody at all", async () => {
    behave(hang);
    const first = trail.sessionCreated(CALLER, "1_a");
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(2000);
    await first;
    expect(failures).toEqual(["the write took longer than two seconds"]);
    await trail.sessionCreated(CALLER, "1_b");
    expect(writes).toEqual([]);
  });

  it("says what it lacks also at its end", async () => {
    behave(fail);
    await trail.sessionCreated(CALLER, "1_a");
    behave(async () => {});
    await trail.close();
    expect(lines()).toMatchObject([{ event: "audit.lost", lines: 1 }]);
  });

  it("lets no more wait than it has room for", async () => {
    behave(hang);
    const many = Array.from({ length: 1000 }, (_, i) => token(`${i}`.padEnd(36, "-")));
    const waiting = Array.from({ length: 60 }, () => trail.tokensIssued(CALLER, many));
    await vi.waitFor(() => expect(failures).toEqual(["too many lines are waiting to be written"]));
    vi.advanceTimersByTime(2000);
    await Promise.all(waiting);
  });
});

describe("an audit trail that is required", () => {
  beforeEach(() => keep(true));

  it("refuses what would be issued while it cannot be written, and recovers at once", async () => {
    behave(fail);
    await expect(trail.tokensIssued(CALLER, [token("one")])).rejects.toThrow(AuditUnavailable);
    await expect(trail.sessionCreated(CALLER, "1_a")).rejects.toThrow(AuditUnavailable);
    await expect(trail.keyCreated({}, { id: "0", name: "web", expiresAt: null })).rejects.toThrow();
    // It stays revoked, so there is nothing to refuse.
    await trail.keyRevoked({}, "0");
    behave(async () => {});
    await trail.tokensIssued(CALLER, [token("two")]);
    expect([failures, recoveries]).toEqual([["ENOSPC"], [4]]);
    expect(lines()).toMatchObject([{ event: "audit.lost", lines: 4 }, { jti: "two" }]);
  });

  it("refuses within two seconds, and starts no second write beside one that hangs", async () => {
    const hanging = vi.fn(hang);
    behave(hanging);
    const first = trail.sessionCreated(CALLER, "1_a").catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(2000);
    expect(await first).toBeInstanceOf(AuditUnavailable);
    await expect(trail.sessionCreated(CALLER, "1_b")).rejects.toThrow(AuditUnavailable);
    expect(hanging).toHaveBeenCalledTimes(1);
  });
});
