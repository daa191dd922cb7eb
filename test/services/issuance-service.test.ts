import { describe, expect, it } from "vitest";
import { callerWith, localCaller } from "../../src/access/caller.ts";
import { IssuanceInterval } from "../../src/domain/issuance.ts";
import { IssuanceService } from "../../src/services/issuance-service.ts";
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
  const service = new IssuanceService("12345678", {} as SessionRegistry, ledger, () => NOW);
  /** Lets the ledger answer the question that it was asked, and the next one be asked. */
  const answer = async () => {
    answers.shift()?.();
    await new Promise(setImmediate);
  };
  return { service, asked, answer };
}

const bound = (ids: string[]) => callerWith("id", "bound", { video_grant: { sessions: ids } });

describe("the count of issuances", () => {
  it("looks through the ledger for one question at a time", async () => {
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

  it("is the same for all who wait for it, and anew for who asks once it has begun", async () => {
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

  it("is no other caller's, who may see other sessions", async () => {
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

  it("is refused when too many different questions wait, and goes on afterwards", async () => {
    const { service, answer } = start();
    const counts = [service.count(localCaller(), { interval: HOUR, last: 100 })];
    await new Promise(setImmediate);
    for (let last = 1; last <= 5; last++)
      counts.push(service.count(localCaller(), { interval: HOUR, last: last }));
    await expect(service.count(localCaller(), { interval: HOUR, last: 6 })).rejects.toMatchObject({
      extensions: { code: "DATABASE_UNAVAILABLE", retryable: true },
    });
    for (let i = 0; i < 6; i++) await answer();
    expect((await Promise.all(counts)).map((periods) => periods.length)).toEqual([100, 1, 2, 3, 4, 5]);
    const after = service.count(localCaller(), { interval: HOUR, last: 6 });
    await new Promise(setImmediate);
    await answer();
    expect(await after).toHaveLength(6);
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
