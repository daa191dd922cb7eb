import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import {
  ATTACKS,
  askSteadily,
  fill,
  localServer,
  megabytes,
  underAttack,
} from "../../bench/fairness/index.js";
import { LONG } from "../support/long.ts";
import { CLI, spawnServer } from "../support/process.ts";
import { migrateUrl, newDatabaseUrl } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** How long each attack lasts, in seconds. */
const SECONDS = LONG ? 5 : 1.5;
/** Those that could exhaust the memory, which are all that the short form has. */
const HEAVY = ["comments", "long-batches", "unread", "refused-documents", "unfinished-bodies"];
const attacks = ATTACKS.filter(({ name }) => LONG || HEAVY.includes(name));

/** Of the server's heap, in megabytes. */
const HEAP = 256;
/** The most that the process holds once the attacks are over, in megabytes: its heap, and some around it. */
const MOST_AFTERWARDS = 320;
/** What the victim asks for in a second: less than the default quota. */
const PER_SECOND = 20;
/** An attack that is not survived takes until the victim's last request has had its time, in seconds. */
const LONGEST = SECONDS + 20;

// It reads memory from /proc, and has the attacker on a core of its own.
const POSSIBLE = process.platform === "linux" && availableParallelism() > 1;

describe.runIf(POSSIBLE)(`a server with a heap of ${HEAP} MB`, () => {
  it(
    "answers one caller while another attacks it in every way",
    async () => {
      const databaseUrl = await newDatabaseUrl("SQLite in a file");
      await migrateUrl(databaseUrl);
      await fill(databaseUrl, 20_000, 50_000);
      const shipped = { NODE_ENV: "production", LEDGER: "on", LOG_LEVEL: "warn", DATABASE_URL: databaseUrl };
      // Memory must not rest on quotas, so there are none where an attack wants none.
      const { env } = localServer(Object.assign(shipped, ...attacks.map((attack) => attack.env)));
      const command = [process.execPath, `--max-old-space-size=${HEAP}`, CLI];
      const server = spawnServer(temporaryFolder(), env, command);
      const url = await server.url();

      for (const { name } of attacks) {
        const { result } = await underAttack(url, name, () => askSteadily(url, PER_SECOND, SECONDS));
        expect(result.times).toHaveLength(PER_SECOND * SECONDS);
        expect([...new Set(result.failures)], `beside ${name}`).toEqual([]);
      }
      const { failures } = await askSteadily(url, PER_SECOND, 1);
      expect(failures).toEqual([]);
      await expect.poll(() => megabytes(server)).toBeLessThan(MOST_AFTERWARDS);
    },
    attacks.length * LONGEST * 1000,
  );
});
