import { join } from "node:path";
import Libsql from "libsql";
import { expect } from "vitest";
import { PROJECT } from "./credentials.ts";
import { stagepass } from "./process.ts";
import { openStore } from "./stores.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A line that only the first command in a folder prints. */
const MADE = /^Created the new database .*\n/;

/** A working folder, the output of a successful command there, and the error of a failed one. */
export function shell(env: Record<string, string> = PROJECT, cwd = temporaryFolder()) {
  const run = async (args: readonly string[], input = "", script?: string) => {
    const ended = await stagepass(cwd, args, env, input, script);
    return { ...ended, errors: ended.errors.replace(MADE, "") };
  };
  return {
    cwd,
    run,
    async done(...args: string[]): Promise<string> {
      const { code, output, errors } = await run(args);
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      return output.trimEnd();
    },
    async failed(...args: string[]): Promise<{ code: number | null; error: string }> {
      const { code, output, errors } = await run(args);
      expect(output).toBe("");
      expect(errors.trimEnd()).not.toContain("\n");
      return { code, error: errors.trimEnd() };
    },
    /** Its own database file. */
    database: () => new Libsql(join(cwd, "data", "stagepass.db"), { timeout: 2000 }),
    /** The ledger's records of a session. */
    async recorded(sessionId: string) {
      const { ledger } = await openStore(`file:${join(cwd, "data", "stagepass.db")}`);
      return (await ledger.newest([sessionId], 10, null)).map(({ issued }) => issued);
    },
  };
}
