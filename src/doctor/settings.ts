import type { Environment, Source } from "../config/environment.ts";
import { SMALL_NAMES, VARIABLES, type VariableName, variable } from "../config/variable-table.ts";
import { fingerprint } from "./fingerprint.ts";

/** A variable as the server reads it. */
export type Setting = { readonly name: string; readonly source: Source } & (
  | { /** Null if it is not set and has no single default. */ readonly value: string | null }
  /** For a value that is or may be a secret: its length in characters, and the first bytes of its SHA-256. */
  | { readonly length: number; readonly sha256: string }
);

/** All variables of the table, and the lower-case and OpenTelemetry variables that are set. */
export function settingsOf(env: Environment): Setting[] {
  const small = SMALL_NAMES.filter((name) => env.has(name));
  const ofSdk = Object.keys(env.startingWith("OTEL_")).filter((name) => !variable(name));
  return [...Object.keys(VARIABLES), ...small, ...ofSdk].map((name) => settingOf(env, name as VariableName));
}

function settingOf(env: Environment, name: VariableName): Setting {
  const source = env.sourceOf(name);
  const given = env.get(name);
  if (source === "default" || given === undefined)
    return { name, source, value: variable(name)?.default ?? null };
  if (isShown(env, name, given)) return { name, source, value: given };
  return { name, source, length: given.length, sha256: fingerprint(given) };
}

/** Hides secrets and possible secrets: unknown variables, values that break a rule, and URLs with credentials or a query. */
function isShown(env: Environment, name: VariableName, value: string): boolean {
  const known = variable(name.toUpperCase());
  const isWrong = env.problems.some((problem) => problem.startsWith(`${name}: `));
  return known !== undefined && !known.secret && !isWrong && !/:\/\/.*[@?]/s.test(value);
}
