import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { lately } from "../../src/shares/lately.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

it("asks once in the given time, and not before", async () => {
  let asked = 0;
  const ask = lately(1000, async () => ++asked);
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
  vi.advanceTimersByTime(999);
  expect(await ask()).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await ask()).toBe(2);
});

it("asks once at a time, however long it takes, and then anew", async () => {
  const answers: ((answer: string) => void)[] = [];
  const ask = lately(1000, () => new Promise<string>((resolve) => answers.push(resolve)));
  const first = ask();
  vi.advanceTimersByTime(5000);
  const second = ask();
  expect(answers).toHaveLength(1);
  answers[0]?.("late");
  expect(await Promise.all([first, second])).toEqual(["late", "late"]);
  const third = ask();
  answers[1]?.("next");
  expect(await third).toBe("next");
});

it("gives a failure for as long as an answer", async () => {
  let fails = true;
  const ask = lately(1000, async () => {
    if (fails) throw new Error("away");
    return "there";
  });
  await expect(ask()).rejects.toThrow("away");
  fails = false;
  vi.advanceTimersByTime(999);
  await expect(ask()).rejects.toThrow("away");
  vi.advanceTimersByTime(1);
  expect(await ask()).toBe("there");
});
