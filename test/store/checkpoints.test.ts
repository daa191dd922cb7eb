import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sessionKnownById } from "../../src/domain/session.ts";
import { checkpoints } from "../../src/store/checkpoints.ts";
import type { DatabaseAddress } from "../../src/store/database-address.ts";
import { openStore } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("checkpoints", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** A connection that takes so long for a checkpoint, in milliseconds. */
  function connection(takes: number) {
    const begun: string[] = [];
    const database = {
      begun,
      closed: false,
      async exec(sql: string) {
        begun.push(sql);
        await new Promise((resolve) => setTimeout(resolve, takes));
      },
      close() {
        database.closed = true;
      },
    };
    return database;
  }
  const start = (database: ReturnType<typeof connection>) => {
    const open = vi.fn(async () => database);
    return { open, ...checkpoints(open) };
  };

  it("are made some time after a commit, and not where nothing was committed", async () => {
    const database = connection(10);
    const { open, committed } = start(database);
    await vi.advanceTimersByTimeAsync(1000);
    expect(open).not.toHaveBeenCalled();
    committed();
    committed();
    await vi.advanceTimersByTimeAsync(1000);
    expect(database.begun).toEqual(["PRAGMA wal_checkpoint(PASSIVE)"]);
    committed();
    await vi.advanceTimersByTimeAsync(1000);
    expect(database.begun).toHaveLength(2);
    expect(open).toHaveBeenCalledTimes(1);
  });

  it("are made one after the other, however long they take", async () => {
    const database = connection(1000);
    const { committed } = start(database);
    committed();
    await vi.advanceTimersByTimeAsync(300);
    committed();
    committed();
    await vi.advanceTimersByTimeAsync(800);
    expect(database.begun).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(database.begun).toHaveLength(2);
  });

  it("go on after one that failed", async () => {
    const database = connection(1);
    const fail = vi.spyOn(database, "exec").mockRejectedValueOnce(new Error("the disk is full"));
    const { committed } = start(database);
    committed();
    await vi.advanceTimersByTimeAsync(300);
    committed();
    await vi.advanceTimersByTimeAsync(300);
    expect(fail).toHaveBeenCalledTimes(2);
  });

  it("end with the one that runs, and close their connection", async () => {
    const database = connection(1000);
    const { committed, stop } = start(database);
    committed();
    await vi.advanceTimersByTimeAsync(300);
    committed();
    const stopped = stop();
    await vi.advanceTimersByTimeAsync(500);
    expect(database.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(5000);
    await stopped;
    committed();
    await vi.advanceTimersByTimeAsync(5000);
    expect([database.closed, database.begun.length]).toEqual([true, 1]);
  });
});

it("the embedded database copies its log into its file while it is used", async () => {
  const file = join(temporaryFolder(), "test.db");
  const address: DatabaseAddress = { engine: "sqlite", file };
  const store = await openStore(address);
  const before = statSync(file).size;
  const fields = { owner: "12345678", location: null, createdAt: new Date(0) };
  for (let i = 0; i < 30; i++) await store.sessions.add(sessionKnownById(`1_${i}`.padEnd(200, "x"), fields));
  await expect.poll(() => statSync(file).size).toBeGreaterThan(before);
});
