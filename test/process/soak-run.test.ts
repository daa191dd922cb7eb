import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { soak } from "../../bench/soak/run.js";

/** What a soak sees of a server that answers everything with an empty object, but nothing in its first so many milliseconds, and is the process of that number. */
async function seenOf(pid: number, silence: number, minutes: number, rate: number) {
  const begin = performance.now();
  const server = createServer(async (_, response) => {
    await sleep(Math.max(0, begin + silence - performance.now()));
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const child = Object.assign(new EventEmitter(), { pid });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return (await soak(child, url, { minutes, rate }, new AbortController().signal, () => {})).seen();
}

// It reads memory from /proc.
describe.runIf(process.platform === "linux")("a soak of a server", () => {
  it("fails when the server's memory cannot be read", async () => {
    // There is no process of that number.
    const seen = await seenOf(0, 0, 0.001, 100);
    expect(seen.failures).toContainEqual(expect.stringMatching(/^the server's memory cannot be read: /));
    expect(seen.memory).toEqual([]);
  });

  it("sees the server's memory, however short it is", async () => {
    const seen = await seenOf(process.pid, 0, 0.001, 100);
    expect(seen.memory.length).toBeGreaterThan(0);
    expect(seen.failures).not.toContainEqual(expect.stringContaining("memory"));
  });

  it("counts an answer for the tenth in which it was due, though it came when all was over", async () => {
    const { answers, tenths } = await seenOf(process.pid, 400, 0.005, 50);
    expect(answers).toBe(15);
    expect(tenths.at(-1)?.answers).toBeLessThan(5);
  });
});
