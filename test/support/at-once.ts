import { setTimeout as sleep } from "node:timers/promises";
import { it } from "vitest";
import { LONG } from "./long.ts";

/** More would overload the machine and miss deadlines. */
const AT_ONCE = 4;

/**
 * An `it` for tests of one file that mostly wait. The short form runs four at once, as one test, because Vitest's `onTestFinished`
 * knows one test at a time. The long form runs each as its own test.
 *
 * @param group the subject of the tests
 * @param timeout of each, in milliseconds
 * @param define Vitest's `it`, or one that skips
 */
export function atOnce(
  group: string,
  timeout = 60_000,
  define: typeof it | ReturnType<typeof it.skipIf> = it,
) {
  if (LONG) return (name: string, test: () => Promise<void>) => define(`${group}: ${name}`, test, timeout);
  const tests: [name: string, test: () => Promise<void>][] = [];
  define(
    group,
    async () => {
      const waiting = [...tests];
      const failures: string[] = [];
      const runWaiting = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const [name, test] = next;
          const late = sleep(timeout, null, { ref: false }).then(() =>
            Promise.reject(new Error("timed out")),
          );
          await Promise.race([test(), late]).catch((error) => failures.push(`${name}: ${error.stack}`));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, runWaiting));
      if (failures.length > 0) throw new Error(failures.join("\n"));
    },
    timeout * 4,
  );
  return (name: string, test: () => Promise<void>) => void tests.push([name, test]);
}
