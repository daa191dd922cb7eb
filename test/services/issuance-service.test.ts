import { describe, expect, it } from "vitest";
import { callerWith, localCaller } from "../../src/access/caller.ts";
import { IssuanceInterval } from "../../src/domain/issuance.ts";
import { IssuanceService } from "../../src/services/issuance-service.ts";
import { UNSHARED } from "../../src/shares/shares.ts";
import type { IssuanceLedger, SessionRegistry } from "../../src/store/store.ts";

const { HOUR, DAY } = IssuanceInterval;
const NOW = new Date(1_795_500_000_000);

/** The service over a ledger that is empty, and answers when it is told to. */
function start() {
  const asked: number[] = [];
  const answers: (() => void)[] = [];
  const ledger = {
    tally: (interval: number) => {
      asked.push(interval);
      return new Promise((resolve) => answers.push(() => resolve({ tallies: [], end: null })));
    },
  } as unknown as IssuanceLedger;
  const service = new IssuanceService({
    applicationId: "12345678",
    sessions: {} as SessionRegistry,
    ledger,
    shares: UNSHARED,
    now: () => NOW,
  });
  /** Lets the ledger answer the question that it was asked, and the next one be asked. */
  const answer = async () => {
    answers.shift()?.();
    await new Promise(setImmediate);
  };
  return { service, asked, answer };
}

const bound = (sessions: string[], id = "id") => callerWith(id, "bound", { video_grant: { sessions } });

describe("the count of issuances", () => {
  it("looks through the ledger for one question of a caller at a time", async () => {
    const { service, asked, answer } = start();
    const counts = [
      service.count(localCaller(), { interval: HOUR, last: 1 }),
      service.count(localCaller(), { interval: DAY, last: 2 }),
    ];
    await new Promise(setImmediate);
    expect(asked).toEqual([HOUR]);
    await answer();
    expect(asked).toEqual([HOUR, DAY]);
    await answer();
    expect((await Promise.all(counts)).map((periods) => periods.length)).toEqual([1, 2]);
  });

  it("is the same for all of a caller that wait for it, and anew for what is asked once it has begun", async () => {
    const { service, asked, answer } = start();
    const ask = () => service.count(localCaller(), { interval: HOUR, last: 24 });
    const first = ask();
    await new Promise(setImmediate);
    const others = [ask(), ask(), ask()];
    await answer();
    await answer();
    await Promise.all([first, ...others]);
    expect(asked).toHaveLength(2);
  });

  it("is another one for other sessions", async () => {
    const { service, asked, answer } = start();
    const counts = [bound(["1_a"]), bound(["1_b"]), bound(["1_a"])].map((caller) =>
      service.count(caller, { interval: HOUR, last: 1 }),
    );
    await new Promise(setImmediate);
    await answer();
    await answer();
    await Promise.all(counts);
    expect(asked).toHaveLength(2);
  });

  it("is nothing, with no look, for who may see no session", async () => {
    const { service, asked } = start();
    expect(await service.count(bound([]), { interval: HOUR, last: 3 })).toHaveLength(3);
    expect(asked).toEqual([]);
  });

  it("is refused when five more of the caller wait, and goes on afterwards", async () => {
    const { service, answer } = start();
    const count = (last: number) => service.count(localCaller(), { interval: HOUR, last });
    const counts = [100, 1, 2, 3, 4, 5].map(count);
    await expect(count(6)).rejects.toMatchObject({
      extensions: { code: "RATE_LIMITED", retryAfterSeconds: 1 },
    });
    // Another one that is the same as one of them need not wait in a place of its own.
    counts.push(count(5));
    await new Promise(setImmediate);
    for (let i = 0; i < 6; i++) await answer();
    expect((await Promise.all(counts)).map((periods) => periods.length)).toEqual([100, 1, 2, 3, 4, 5, 5]);
    const after = count(6);
    await new Promise(setImmediate);
    await answer();
    expect(await after).toHaveLength(6);
  });

  it("waits for no other caller's, however many these ask", async () => {
    const { service, asked } = start();
    for (let last = 1; last <= 6; last++)
      void service.count(bound(["1_a"], "greedy"), { interval: HOUR, last });
    void service.count(bound(["1_a"], "modest"), { interval: DAY, last: 1 });
    await new Promise(setImmediate);
    expect(asked).toEqual([HOUR, DAY]);
  });

  it("ends when the server stops, for who has it counted and for who waits", async () => {
    const { service, asked, answer } = start();
    const counts = Promise.allSettled([
      service.count(localCaller(), { interval: HOUR, last: 1 }),
      service.count(localCaller(), { interval: DAY, last: 1 }),
    ]);
    await new Promise(setImmediate);
    service.stop();
    await answer();
    const [, waiting] = await counts;
    expect(waiting).toMatchObject({ status: "rejected", reason: { extensions: { retryable: true } } });
    expect(asked).toEqual([HOUR]);
  });
});
