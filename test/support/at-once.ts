import { setTimeout as sleep } from "node:timers/promises";
import { it } from "vitest";
import { LONG } from "./long.ts";

/**
 * An `it` for tests of one file that mostly wait. The short form runs all of them at once, as one test: what their helpers open
 * goes when a test is over, and Vitest knows one test at a time. The long form runs each by itself.
 *
 * @param group what the tests are about
 * @param timeout of each, in milliseconds
 * @param define Vitest's `it`, or one that skips
 */
export function atOnce(
  group: string,
  timeout = 60_000,
  define: typeof it | ReturnType<typeof it.skipIf> = it,
) {
  if (LONG) return (name: string, test: () => Promise<void>) => define(`${group}: ${name}`, test, timeout);
  const tests = new Map<string, () => Promise<void>>();
  const failures: string[] = [];
  const attempt = async (name: string, test: () => Promise<void>) => {
    const late = sleep(timeout, null, { ref: false }).then(() => Promise.reject(new Error("timed out")));
    await Promise.race([test(), late]).catch((error) => failures.push(`${name}: ${error.stack}`));
  };
  define(
    group,
    async () => {
      await Promise.all([...tests].map(([name, test]) => attempt(name, test)));
      if (failures.length > 0) throw new Error(failures.join("\n"));
    },
    timeout + 5000,
  );
  return (name: string, test: () => Promise<void>) => void tests.set(name, test);
}
