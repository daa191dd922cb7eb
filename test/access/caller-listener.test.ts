import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { callerWith } from "../../src/access/caller.ts";
import { callerListener } from "../../src/assembly/caller-listener.ts";
import { NO_INSTRUMENT } from "../../src/instruments/instrument.ts";

let lines: Record<string, unknown>[] = [];
const logger = { warn: (about: object, msg: string) => lines.push({ ...about, msg }) };
// Of the logger, the listener uses this alone.
const listener = () => callerListener(NO_INSTRUMENT, logger as never);
const caller = (id: string, roles: unknown = "x") => callerWith(id, id, { video_grant: { roles } });

beforeEach(() => {
  lines = [];
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  vi.spyOn(performance, "now").mockImplementation(() => Date.now());
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("says the same of a caller once in ten minutes", () => {
  const { onUnreadable } = listener();
  onUnreadable(caller("a"));
  vi.advanceTimersByTime(600_000);
  onUnreadable(caller("a"));
  expect(lines).toHaveLength(1);
  onUnreadable(caller("a", 1));
  expect(lines).toHaveLength(2);
  vi.advanceTimersByTime(1);
  onUnreadable(caller("a"));
  expect(lines).toHaveLength(3);
});

it("writes 20 lines a minute, and the next one says how many it left out", () => {
  const { onUnreadable, onMisfit } = listener();
  for (let i = 0; i < 23; i++) onUnreadable(caller(`${i}`));
  expect(lines).toHaveLength(20);
  onMisfit("its iss is another");
  expect(lines).toHaveLength(21);
  vi.advanceTimersByTime(60_001);
  onUnreadable(caller("22"));
  expect(lines.at(-1)).toMatchObject({ caller: "22", leftOut: 3 });
  onUnreadable(caller("23"));
  expect(lines.at(-1)).not.toHaveProperty("leftOut");
});

it("cuts the ID of a caller", () => {
  listener().onUnreadable(caller("a".repeat(301)));
  expect(lines[0]?.caller).toBe("a".repeat(300));
});
