import { expect, it, onTestFinished, vi } from "vitest";
import { callerWith } from "../../src/access/caller.ts";
import { OpenCredentials } from "../../src/access/open-credentials.ts";

it("ends a JWT in time while the database does not answer about API keys", async () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const credentials = new OpenCredentials({
    authenticate: () => Promise.reject(new Error("not asked")),
    apiKeys: { usable: () => new Promise(() => {}) },
    now: () => new Date(),
  });
  const ended: string[] = [];
  const hold = (id: string, expiresAt?: number) =>
    credentials.hold({
      credentials: {},
      caller: { ...callerWith(id, id, {}), ...(expiresAt !== undefined && { expiresAt }) },
      onEnd: () => ended.push(id),
    });
  hold("key:1");
  hold("jwt", Date.now() + 1500);
  await vi.advanceTimersByTimeAsync(2500);
  expect(ended).toEqual(["jwt"]);
});
