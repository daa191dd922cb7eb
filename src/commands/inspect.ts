import { parseConfig, readEnvironment } from "../config.ts";
import { TokenStatus } from "../domain/token-inspection.ts";
import { existingKeyRing } from "../project.ts";
import { SigningService } from "../signing/signing-service.ts";
import { inspectionAsInSchema } from "./as-in-schema.ts";
import type { Outcome } from "./outcome.ts";
import { BAD_USER_INPUT, Refusal } from "./refusal.ts";

/** In place of a token: it is read from standard input. */
const STANDARD_INPUT = "-";
/** The most that is read from standard input, in bytes: as much as a request may have. */
const MAX_INPUT = 64 * 1024;

/**
 * Tells what a token grants and whether a client could connect with it now. It needs no database, only the credentials.
 *
 * @param token `-` for the one on standard input
 */
export async function inspectToken(token: string): Promise<Outcome> {
  const signing = new SigningService(existingKeyRing(parseConfig(readEnvironment())));
  const given = token === STANDARD_INPUT ? await readInput() : token;
  const inspection = signing.inspect(given, new Date());
  const json = inspectionAsInSchema(inspection);
  const text = Object.entries(json)
    .filter(([, value]) => value !== null && String(value) !== "")
    .map(([field, value]) => `${field.padEnd(WIDTH)}${shown(value)}`)
    .join("\n");
  return { text, json, exitCode: inspection.status === TokenStatus.ACTIVE ? 0 : 1 };
}

/** How wide the names of the fields are. */
const WIDTH = "initialLayoutClassList".length + 2;

/** Who made the token chose what is in it: it must not move the cursor, nor hide. */
function shown(value: unknown): string {
  const text =
    value instanceof Date ? value.toISOString() : Array.isArray(value) ? value.join(" ") : `${value}`;
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`);
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT) throw new Refusal(BAD_USER_INPUT, `is longer than ${MAX_INPUT} bytes`, "token");
  }
  return Buffer.concat(chunks).toString("utf8").trim();
}
