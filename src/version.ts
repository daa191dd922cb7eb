import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Put in by rolldown.config.js. */
declare const STAGEPASS_COMMIT: string | undefined;

/** The version of this program, from its package.json. */
export const VERSION: string = JSON.parse(
  readFileSync(join(import.meta.dirname, "../package.json"), "utf8"),
).version;

/** The commit that this program was built from, with `-dirty` where files had changed; `unknown` where the build did not know it. */
export const COMMIT: string = typeof STAGEPASS_COMMIT === "undefined" ? "unknown" : STAGEPASS_COMMIT;
