import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { groupCommit } from "../../src/store/group-commit.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A writer whose writes end when the test says so. */
function recorder(patience = 2000, spacing = 0) {
  const groups: (readonly number[])[] = [];
  const ends: { succeed(): void; fail(error: Error): void }[] = [];
  const addAll = groupCommit<number>(
    (items) => {
      groups.push([...items]);
      return new Promise<void>((succeed, fail) => {
        ends.push({ succeed, fail });
      });
    },
    patience,
    () => new Error("late"),
    spacing,
  );
  return { add: (item: number) => addAll([item]), addAll, groups, ends };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("groupCommit", () => {
  it("writes what arrives in one turn together, and tells all of them when it is written", async () => {
    const { add, groups, ends } = recorder();
    const written = vi.fn();
    const all = Promise.all([1, 2, 3].map((item) => add(item))).then(written);
    await nextTurn();
    expect(groups).toEqual([[1, 2, 3]]);
    expect(written).not.toHaveBeenCalled();
    ends[0]?.succeed();
    await all;
    expect(written).toHaveBeenCalled();
  });

  it("gathers what arrives while it writes, and writes one group at a time", async () => {
    const { add, groups, ends } = recorder();
    const first = add(1);
    await nextTurn();
    const others = Promise.all([add(2), add(3)]);
    await nextTurn();
    expect(groups).toEqual([[1]]);
    ends[0]?.succeed();
    await first;
    await nextTurn();
    expect(groups).toEqual([[1], [2, 3]]);
    ends[1]?.succeed();
    await others;
  });

  it("lets a group gather, after one of several, while every turn brings more", async () => {
    const { add, groups, ends } = recorder();
    const first = Promise.all([add(1), add(2)]);
    await nextTurn();
    const arrivals: Promise<void>[] = [];
    const arrive = (item: number) => {
      arrivals.push(add(item));
      if (item < 9) setImmediate(() => arrive(item + 1));
    };
    setImmediate(() => arrive(3));
    ends[0]?.succeed();
    await first;
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(groups).toEqual([
      [1, 2],
      [3, 4, 5, 6, 7, 8, 9],
    ]);
    ends[1]?.succeed();
    await Promise.all(arrivals);
  });

  it("lets a group gather for five milliseconds at most", async () => {
    const { add, groups, ends } = recorder();
    const first = Promise.all([add(1), add(2)]);
    await nextTurn();
    await vi.advanceTimersByTimeAsync(5);
    const second = Promise.all([add(3), add(4)]);
    ends[0]?.succeed();
    await first;
    // The commit alone took as long: nobody waits for a turn more.
    await nextTurn();
    expect(groups).toEqual([
      [1, 2],
      [3, 4],
    ]);
    ends[1]?.succeed();
    await second;
  });

  it("leaves the disk to others for the spacing after several, and not after one", async () => {
    const { add, groups, ends } = recorder(2000, 40);
    void Promise.all([1, 2].map((item) => add(item)));
    await nextTurn();
    ends[0]?.succeed();
    await nextTurn();
    void add(3);
    await vi.advanceTimersByTimeAsync(39);
    expect(groups).toEqual([[1, 2]]);
    await vi.advanceTimersByTimeAsync(1);
    await vi.waitUntil(() => groups.length === 2);
    ends[1]?.succeed();
    await nextTurn();
    void add(4);
    await nextTurn();
    expect(groups).toEqual([[1, 2], [3], [4]]);
  });

  it("writes at most five hundred at once", async () => {
    const { add, groups, ends } = recorder();
    const all = Promise.all(Array.from({ length: 1001 }, (_, item) => add(item)));
    for (const i of [0, 1, 2]) {
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      ends[i]?.succeed();
    }
    await all;
    expect(groups.map((group) => group.length)).toEqual([500, 500, 1]);
    expect(groups.flat()).toEqual(Array.from({ length: 1001 }, (_, item) => item));
  });

  it("keeps what comes in one call in one group, however much it is, and in its order", async () => {
    const { add, addAll, groups, ends } = recorder();
    const many = Array.from({ length: 1000 }, (_, i) => i);
    const all = Promise.all([...many.slice(0, 499).map(add), addAll(many), add(-1), addAll([])]);
    for (const i of [0, 1]) {
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      ends[i]?.succeed();
    }
    await all;
    expect(groups).toEqual([[...many.slice(0, 499), ...many], [-1]]);
  });

  it("writes nothing when there is nothing to write", async () => {
    const { addAll, groups } = recorder();
    await addAll([]);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect(groups).toEqual([]);
  });

  it("fails a whole group when it cannot be written, and goes on with the next", async () => {
    const { add, groups, ends } = recorder();
    const failing = Promise.allSettled([add(1), add(2)]);
    await nextTurn();
    const next = add(3);
    const reason = new Error("the disk is full");
    ends[0]?.fail(reason);
    expect(await failing).toEqual([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    ends[1]?.succeed();
    await next;
    expect(groups).toEqual([[1, 2], [3]]);
  });

  it("fails what is not written in time, and does not hold up the next group behind it", async () => {
    const { add, groups, ends } = recorder(2000);
    const hanging = add(1);
    hanging.catch(() => {});
    await vi.advanceTimersByTimeAsync(1500);
    const next = add(2);
    await vi.advanceTimersByTimeAsync(499);
    expect(groups).toEqual([[1]]);
    await vi.advanceTimersByTimeAsync(1);
    await expect(hanging).rejects.toThrow("late");
    expect(groups).toEqual([[1], [2]]);
    ends[1]?.succeed();
    await next;
  });
});
