import type { Command } from "commander";
import { existingKeyRing } from "../../assembly/project.ts";
import { parseConfig, readEnvironment } from "../../config/config.ts";
import { TokenStatus } from "../../domain/token-inspection.ts";
import { SigningService } from "../../signing/signing-service.ts";
import { inspectionAsInSchema } from "../as-in-schema.ts";
import { lookUpSession } from "../created-here.ts";
import type { Outcome } from "../outcome.ts";
import { CREDENTIALS, explains, performs } from "../perform.ts";
import { DASH, readArgument } from "../standard-streams.ts";
import { cell } from "../table.ts";

/** `stagepass inspect`. */
export function defineInspect(program: Command): void {
  const command = program
    .command("inspect")
    .description(
      "Tell what a token grants, and whether a client could connect with it now. The exit code is 0 when it is ACTIVE, and 1\n" +
        "when it is EXPIRED or INVALID.",
    )
    .argument(
      "<token>",
      "the token, or - to read it from standard input, so that no list of processes has it",
    );
  performs(command, (_, token) => inspectToken(token));
  explains(command, 'echo "$TOKEN" | stagepass inspect -', ["DATABASE_URL", ...CREDENTIALS]);
}

/**
 * Tells what a token grants and whether a client could connect with it now. Without the database it cannot tell whether the
 * session was created here.
 *
 * @param token `-` for the one on standard input
 */
async function inspectToken(token: string): Promise<Outcome> {
  const config = parseConfig(...readEnvironment());
  const signing = new SigningService(existingKeyRing(config));
  const given = token === DASH ? await readArgument("token") : token;
  const inspection = signing.inspect(given, new Date());
  const { sessionId } = inspection;
  const createdHere = sessionId === null ? null : await lookUpSession(config, sessionId);
  const json = inspectionAsInSchema(inspection, createdHere);
  const text = Object.entries(json)
    .filter(([, value]) => value !== null && String(value) !== "")
    .map(([field, value]) => `${field.padEnd(WIDTH)}${shown(value)}`)
    .join("\n");
  return { text, json, exitCode: inspection.status === TokenStatus.ACTIVE ? 0 : 1 };
}

/** How wide the names of the fields are. */
const WIDTH = "initialLayoutClassList".length + 2;

function shown(value: unknown): string {
  return cell(Array.isArray(value) ? value.join(" ") : value);
}
