import { StartupError } from "../errors.ts";
import { SECRET_NAMES, withSecretFiles } from "./secret-files.ts";

/** The environment's variables, and the problems with them. An empty value counts as not set. */
export class Environment {
  readonly #set: NodeJS.Dict<string>;
  readonly #problems: string[] = [];

  /**
   * @param secrets the variables whose value may be in a file
   * @throws {StartupError} when such a file cannot be read
   */
  constructor(environment: NodeJS.Dict<string>, secrets: readonly string[] = SECRET_NAMES) {
    this.#set = withSecretFiles(withoutEmpty(environment), secrets);
  }

  /** The text of a variable. */
  get(name: string): string | undefined {
    return this.#set[name];
  }

  /** The variables whose names begin so. */
  startingWith(prefix: string): NodeJS.Dict<string> {
    return Object.fromEntries(Object.entries(this.#set).filter(([name]) => name.startsWith(prefix)));
  }

  /** Whether a variable is set, or has a value: `PLATFORM`, or `PLATFORM=local`. */
  has(setting: string): boolean {
    const [name = "", value] = setting.split("=");
    return value === undefined ? this.get(name) !== undefined : this.get(name) === value;
  }

  /**
   * The value of a variable; `fallback` when it is not set, or has a problem.
   *
   * @param parse throws the rule that the text breaks
   */
  read<T, F extends T | null = null>(name: string, parse: (value: string) => T, fallback = null as F): T | F {
    const value = this.get(name);
    if (value === undefined) return fallback;
    try {
      return parse(value);
    } catch (error) {
      this.problem(name, (error as Error).message);
      return fallback;
    }
  }

  /** Notes a problem. The rule must not show a secret. */
  problem(name: string, rule: string): void {
    this.#problems.push(`${name}: ${rule}`);
  }

  /** Notes that a variable is missing which one of these settings, as `has` takes them, needs. */
  require(name: string, ...settings: readonly string[]): void {
    const reason = settings.find((setting) => this.has(setting));
    if (reason === undefined || this.has(name)) return;
    this.problem(name, `must be set, as ${reason}${reason.includes("=") ? "" : " is"}`);
  }

  /** @throws {StartupError} with every problem noted, a line each */
  check(): void {
    if (this.#problems.length > 0) throw new StartupError(this.#problems);
  }
}

/** Tools that pass variables on also pass those that are not set, as empty. */
export function withoutEmpty(environment: NodeJS.Dict<string>): NodeJS.Dict<string> {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
}
