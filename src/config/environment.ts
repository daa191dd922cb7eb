import { StartupError } from "../errors.ts";
import { ENV_FILE, type EnvFile, NO_ENV_FILE } from "./env-file.ts";
import { isKnown, problemOfName } from "./misspelt.ts";
import { readSecretFile } from "./secret-files.ts";
import {
  type DefaultedName,
  SECRET_NAMES,
  type SmallName,
  type VariableName,
  variable,
} from "./variable-table.ts";

/** Where the value of a variable comes from. `file` is the file that `<NAME>_FILE` names. */
export type Source = "environment" | ".env" | "file" | "default";

/** A variable of the table, of OpenTelemetry's SDK, or of PostgreSQL's clients. */
type Name = VariableName | SmallName | `OTEL_${string}` | `PG${string}`;

/** The environment variables and their problems. An empty value counts as not set. */
export class Environment {
  readonly #set: NodeJS.Dict<string> = {};
  readonly #sources = new Map<string, Source>();
  /** Variables with a problem that is already noted. `read` skips them. */
  readonly #unread = new Set<string>();
  readonly #problems: string[] = [];
  readonly #notes: string[] = [];

  /**
   * @param environment the process's variables, which override the file
   * @param secrets the variables whose `<NAME>_FILE` is read
   */
  constructor(
    environment: NodeJS.Dict<string>,
    file: EnvFile = NO_ENV_FILE,
    secrets: readonly string[] = SECRET_NAMES,
  ) {
    this.#problems.push(...file.problems);
    this.#noteEmpty({ ...file.values, ...environment });
    this.#take(file.values, ".env");
    this.#take(environment, "environment");
    for (const name of secrets) this.#takeFile(name);
    for (const name of Object.keys(this.#set)) this.#checkEnds(name);
    for (const name of Object.keys(this.#set)) this.#checkWithin(name);
    const shadowed = Object.entries(file.values).filter(([name, value]) => this.#isShadowed(name, value));
    for (const [name] of shadowed)
      this.#notes.push(`${name}: the environment overrides a different value in ${ENV_FILE}`);
    const { unread = [] } = file;
    if (unread.length > 0) this.#notes.push(`${ENV_FILE}: only this file is read, not ${unread.join(", ")}`);
    const unknown = Object.keys(file.values).filter((name) => !isKnown(name) && this.#sources.has(name));
    if (unknown.length > 0) this.#notes.push(`${ENV_FILE}: Stagepass does not use ${unknown.join(", ")}`);
  }

  #take(values: NodeJS.Dict<string>, source: Source): void {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined || value === "") continue;
      const rule = problemOfName(name, value);
      if (rule !== null) {
        this.#problems.push(`${name}: ${rule}`);
        continue;
      }
      this.#set[name] = value;
      this.#sources.set(name, source);
    }
  }

  #takeFile(name: string): void {
    const file = `${name}_FILE`;
    const path = this.#set[file];
    if (path === undefined) return;
    if (this.#set[name] !== undefined) this.#problems.push(`${file}: cannot be set together with ${name}`);
    this.#sources.set(name, "file");
    try {
      this.#set[name] = readSecretFile(path);
    } catch (error) {
      this.#problems.push(`${file}: ${(error as Error).message}`);
    }
  }

  /** Refuses surrounding quotes and white space, which shells and editors leave. Later checks see the value without them. */
  #checkEnds(name: string): void {
    const value = this.#set[name] ?? "";
    if (!isKnown(name) || variable(name)?.pem) return;
    const inner = value.trim().replace(/^(["'`])(.*)\1$/s, "$2");
    if (inner === value) return;
    this.#set[name] = inner;
    const said = this.#sources.get(name) === "file" ? `${name}_FILE` : name;
    this.#problems.push(`${said}: ${problemOfEnds(value)}`);
  }

  /** An empty value may be a secret that a tool did not find. */
  #noteEmpty(values: NodeJS.Dict<string>): void {
    const empty = Object.keys(values).filter((name) => values[name] === "" && isKnown(name));
    if (empty.length > 0) this.#notes.push(`empty, so they count as not set: ${empty.join(", ")}`);
  }

  #isShadowed(name: string, value: string | undefined): boolean {
    return (
      isKnown(name) &&
      value !== "" &&
      this.sourceOf(name as Name) === "environment" &&
      value !== this.#set[name]
    );
  }

  /** Refuses text that a shell or a tool should have expanded. */
  #checkWithin(name: string): void {
    const value = this.#set[name] ?? "";
    const known = variable(name);
    if (!isKnown(name) || known?.pem || known?.foreign) return;
    const rule = problemWithin(value, (other) => this.#set[other] !== undefined);
    if (rule === null) return;
    this.#unread.add(name);
    const said = this.#sources.get(name) === "file" ? `${name}_FILE` : name;
    this.#problems.push(`${said}: ${rule}`);
  }

  /** The value of a variable, as text. */
  get(name: Name): string | undefined {
    return this.#set[name];
  }

  /** The variables with a prefix, except `<NAME>_FILE`. */
  startingWith(prefix: string): NodeJS.Dict<string> {
    const entries = Object.entries(this.#set);
    return Object.fromEntries(entries.filter(([name]) => name.startsWith(prefix) && !name.endsWith("_FILE")));
  }

  /** Where the value of a variable comes from. */
  sourceOf(name: Name): Source {
    return this.#sources.get(name) ?? "default";
  }

  /** Whether a variable is set, even to an unreadable file (`PLATFORM`), or has a value (`PLATFORM=local`). */
  has(setting: string): boolean {
    const [name = "", value] = setting.split("=");
    return value === undefined ? this.#sources.has(name) : this.#set[name] === value;
  }

  /**
   * The value of a variable, its default in the table, or `fallback`. Notes a problem if `parse` throws.
   *
   * @param parse throws the rule that the text breaks
   */
  read<N extends Name, T>(name: N, parse: (value: string) => T): N extends DefaultedName ? T : T | null;
  read<T>(name: Name, parse: (value: string) => T, fallback: T): T;
  read<T>(name: Name, parse: (value: string) => T, fallback: T | null = null): T | null {
    const otherwise = variable(name)?.default;
    const value = this.get(name) ?? otherwise;
    try {
      if (value !== undefined && !this.#unread.has(name)) return parse(value);
    } catch (error) {
      this.problem(name, (error as Error).message);
    }
    return fallback === null && otherwise !== undefined ? parse(otherwise) : fallback;
  }

  /** Notes a problem. The rule must not show a secret. */
  problem(name: Name, rule: string): void {
    this.#problems.push(`${name}: ${rule}`);
  }

  /** Notes a warning about a variable that works. It must not show a secret. */
  note(name: Name, text: string): void {
    this.#notes.push(`${name}: ${text}`);
  }

  /** Notes a problem if a variable is missing and one of these settings needs it. Settings are as in `has`. */
  require(name: Name, ...settings: readonly string[]): void {
    const reason = settings.find((setting) => this.has(setting));
    if (reason === undefined || this.has(name)) return;
    this.problem(name, `must be set, because ${reason} is set`);
  }

  /** Notes a warning for each of these variables that is set but has no effect. */
  unused(reason: string, ...names: readonly Name[]): void {
    for (const name of names) if (this.has(name)) this.note(name, `is not used: ${reason}`);
  }

  /** The warnings, one line each. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /** The problems, one line each. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** @throws {StartupError} with every problem noted */
  check(): void {
    if (this.#problems.length > 0) throw new StartupError(this.#problems);
  }
}

/** The rule that text inside a value breaks. It does not show the value, which may be a secret. */
function problemWithin(value: string, isSet: (name: string) => boolean): string | null {
  const [begun] = /^[A-Z][A-Z_]+(?==)/.exec(value) ?? [];
  if (begun !== undefined && isKnown(begun)) return `begins with ${begun}=; set only the value`;
  if (/[\r\n]/.test(value)) return "has several lines; set only the value, in one line";
  if (/\\[nr]$/.test(value))
    return "ends with \\n, which is two characters here, not a line break; remove them";
  const [, expanded] = /\$(\w+)/.exec(value) ?? [];
  if (/\$\{\w+[^}]*\}|\$\(\w[^)]*\)/.test(value) || (expanded !== undefined && isSet(expanded)))
    return "has a variable or a command after a $, which Stagepass does not expand; write the value itself";
  return null;
}

function problemOfEnds(value: string): string {
  if (/[\r\n]$/.test(value)) return "ends with a line break; echo adds one, printf and echo -n do not";
  if (value.trim() !== value) return "begins or ends with white space; remove it";
  return "is in quotes, which would be part of the value; remove them";
}
