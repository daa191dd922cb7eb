import type { Command } from "commander";
import { existingKeyRing } from "../../assembly/project.ts";
import { parseConfig, readEnvironment } from "../../config/config.ts";
import { asRevoked, TokenStatus } from "../../domain/token-inspection.ts";
import { SigningService } from "../../signing/signing-service.ts";
import { inspectionAsInSchema } from "../as-in-schema.ts";
import { lookUpToken, UNKNOWN } from "../created-here.ts";
import type { Outcome } from "../outcome.ts";
import { CREDENTIALS, explains, performs } from "../perform.ts";
import { DASH, readArgument } from "../standard-streams.ts";
import { cell } from "../table.ts";

/** `stagepass inspect`. */
export function defineInspect(program: Command): void {
  const command = program
    .command("inspect")
    .summary("Show what a token grants, and whether it is valid.")
    .description(
      "Show what a token grants, and whether a client can connect with it now. The exit code is 0 if the token is ACTIVE, and 1 if it is EXPIRED, REVOKED or INVALID.",
    )
    .argument("<token>", "the token; - reads it from standard input, which keeps it out of the process list");
  performs(command, (_, token) => inspectToken(token));
  explains(command, 'echo "$TOKEN" | stagepass inspect -', ["DATABASE_URL", ...CREDENTIALS]);
}

/**
 * Shows what a token grants and whether a client can connect with it now. Works without a database, but then `createdHere` is null.
 *
 * @param token `-` reads it from standard input
 */
async function inspectToken(token: string): Promise<Outcome> {
  const config = parseConfig(...readEnvironment());
  const signing = new SigningService(existingKeyRing(config));
  const given = token === DASH ? await readArgument("token") : token;
  const signed = signing.inspect(given, new Date());
  const { sessionId, id } = signed;
  const { createdHere, revoked } = sessionId === null ? UNKNOWN : await lookUpToken(config, sessionId, id);
  const inspection = asRevoked(signed, revoked);
  const json = inspectionAsInSchema(inspection, createdHere);
  const text = Object.entries(json)
    .filter(([, value]) => value !== null && String(value) !== "")
    .map(([field, value]) => `${field.padEnd(WIDTH)}${shown(value)}`)
    .join("\n");
  return { text, json, exitCode: inspection.status === TokenStatus.ACTIVE ? 0 : 1 };
}

/** The width of the column of field names, in characters. */
const WIDTH = "initialLayoutClassList".length + 2;

function shown(value: unknown): string {
  return cell(Array.isArray(value) ? value.join(" ") : value);
}
