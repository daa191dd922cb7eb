import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Participant } from "../../src/domain/participant.ts";
import { DatabaseUnavailable } from "../../src/errors.ts";
import { MAX_WAITING } from "../../src/services/changes.ts";
import { ParticipantFeed } from "../../src/services/participant-feed.ts";

const participant = (id: string, sessionId: string, state: string): Participant => ({
  id,
  connectionId: id,
  sessionId,
  data: state,
  fingerprint: null,
  identity: null,
  tokenId: null,
  role: null,
  joinedAt: new Date(0),
  leftAt: null,
  leaveReason: null,
});

/** Participants with changes, as the store has them: each has the number of its latest change. */
class Rows {
  readonly rows = new Map<string, { change: number; participant: Participant }>();
  latest = 0;
  reads = 0;
  reading = 0;
  mostReading = 0;
  isAway = false;

  change(id: string, sessionId: string, state: string) {
    this.latest += 1;
    this.rows.set(id, { change: this.latest, participant: participant(id, sessionId, state) });
  }
  async latestChange() {
    if (this.isAway) throw new DatabaseUnavailable("away");
    return this.latest;
  }
  async changedAfter(change: number, limit: number) {
    this.reads += 1;
    this.reading += 1;
    this.mostReading = Math.max(this.reading, this.mostReading);
    await sleep(1);
    this.reading -= 1;
    if (this.isAway) throw new DatabaseUnavailable("away");
    return [...this.rows.values()]
      .filter((row) => row.change > change)
      .sort((a, b) => a.change - b.change)
      .slice(0, limit);
  }
}

function feedOf(every = 5) {
  const rows = new Rows();
  const causes: unknown[] = [];
  const feed = new ParticipantFeed({ participants: rows, every, onChange: (cause) => causes.push(cause) });
  return { rows, feed, causes };
}

const never = () => {
  throw new Error("it overflowed");
};
const stateOf = async (changes: AsyncIterator<Participant>) => (await changes.next()).value?.data;

describe("the feed", () => {
  it("passes on what changes after the subscription, to the subscribers of its session", async () => {
    const { rows, feed } = feedOf();
    rows.change("before", "s", "before");
    const [one, other, elsewhere] = await Promise.all(["s", "s", "t"].map((id) => feed.subscribe(id, never)));
    rows.change("a", "s", "a");
    rows.change("b", "t", "b");
    expect(await Promise.all([one, other, elsewhere].map((each) => stateOf(each as never)))).toEqual([
      "a",
      "a",
      "b",
    ]);
  });

  it("reads at once when it is woken, and one read at a time", async () => {
    const { rows, feed } = feedOf(60_000);
    const changes = await feed.subscribe("s", never);
    for (let i = 0; i < 50; i++) {
      rows.change("a", "s", String(i));
      feed.wake();
      await sleep(0);
    }
    let state: unknown;
    while (state !== "49") state = await stateOf(changes);
    expect(rows.mostReading).toBe(1);
  });

  it("reads more than one batch", async () => {
    const { rows, feed } = feedOf(60_000);
    const changes = await feed.subscribe("s", never);
    for (let i = 0; i < 900; i++) rows.change(`p${i}`, "s", String(i));
    feed.wake();
    for (let i = 0; i < 900; i++) expect(await stateOf(changes)).toBe(String(i));
  });

  it("keeps its place while the database does not answer, and says so once", async () => {
    const { rows, feed, causes } = feedOf();
    const changes = await feed.subscribe("s", never);
    rows.isAway = true;
    await expect.poll(() => causes).toHaveLength(1);
    rows.change("a", "s", "meanwhile");
    const reads = rows.reads;
    await expect.poll(() => rows.reads).toBeGreaterThan(reads + 3);
    rows.isAway = false;
    expect(await stateOf(changes)).toBe("meanwhile");
    await expect.poll(() => causes).toEqual([expect.any(DatabaseUnavailable), null]);
  });

  it("refuses a subscription whose beginning is unknown, and begins again with the next one", async () => {
    const { rows, feed } = feedOf();
    rows.isAway = true;
    await expect(feed.subscribe("s", never)).rejects.toBeInstanceOf(DatabaseUnavailable);
    rows.isAway = false;
    const changes = await feed.subscribe("s", never);
    rows.change("a", "s", "a");
    expect(await stateOf(changes)).toBe("a");
  });

  it("reads nothing before the first subscription and after the last, also when woken", async () => {
    const { rows, feed } = feedOf();
    feed.wake();
    expect(rows.reads).toBe(0);
    const all = await Promise.all([feed.subscribe("s", never), feed.subscribe("s", never)]);
    await expect.poll(() => rows.reads).toBeGreaterThan(1);
    for (const each of all) await each.return();
    const { reads } = rows;
    feed.wake();
    await sleep(50);
    expect(rows.reads).toBeLessThanOrEqual(reads + 1);
  });

  it("ends a subscription whose next change is awaited", async () => {
    const { feed } = feedOf();
    const changes = await feed.subscribe("s", never);
    const next = changes.next();
    await changes.return();
    expect(await next).toEqual({ value: undefined, done: true });
    expect(await changes.next()).toEqual({ value: undefined, done: true });
  });
});

describe("a slow subscriber", () => {
  it("gets only the latest state of each participant, in the order of the changes", async () => {
    const { rows, feed } = feedOf(60_000);
    const changes = await feed.subscribe("s", never);
    for (const [id, state] of [
      ["a", "a1"],
      ["b", "b1"],
      ["a", "a2"],
    ] as const) {
      rows.change(id, "s", state);
      feed.wake();
      await sleep(10);
    }
    expect([await stateOf(changes), await stateOf(changes)]).toEqual(["b1", "a2"]);
  });

  it("ends if too many wait, and others go on", async () => {
    const { rows, feed } = feedOf();
    let overflows = 0;
    const slow = await feed.subscribe("s", () => {
      overflows += 1;
    });
    const quick = await feed.subscribe("s", never);
    const states: unknown[] = [];
    const taking = (async () => {
      for await (const { data } of quick) states.push(data);
    })();
    for (let i = 0; i < 3 * MAX_WAITING; i++) {
      rows.change(`p${i}`, "s", String(i));
      if (i % 100 === 0) await sleep(5);
    }
    await expect.poll(() => states.length).toBe(3 * MAX_WAITING);
    await quick.return();
    await taking;
    expect(overflows).toBe(1);
    expect(await slow.next()).toEqual({ value: undefined, done: true });
  });
});
