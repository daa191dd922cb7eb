import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { cleanEnv, makeExactValidator } from "envalid";
import { quote, StartupError } from "./errors.ts";
import { isLoopback } from "./loopback.ts";
import { type KeyRing, openTokKeyRing } from "./signing/key-ring.ts";

/** The DATABASE_URL that keeps nothing. */
const IN_MEMORY = ":memory:";

/** What the process was told to be. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The OpenTok project of the local platform; null for one that is generated and kept beside the database. */
  readonly openTok: KeyRing | null;
  /** The path of the embedded database; null for one that is kept in memory only. */
  readonly databaseFile: string | null;
  readonly logLevel: string;
}

/** The environment as the process was given it; a `.env` file in the working directory fills what is not set. */
export function readEnvironment(): NodeJS.ProcessEnv {
  let file: NodeJS.Dict<string> = {};
  try {
    file = parseEnv(readFileSync(".env", "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw new StartupError([`.env: cannot be read: ${code}`]);
  }
  return { ...file, ...process.env };
}

/**
 * Checks every variable, and the rules between them.
 *
 * @param environment an empty value counts as not set
 * @throws {StartupError} with a line for each problem; none shows the value of a secret
 */
export function parseConfig(environment: NodeJS.Dict<string>): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const problems: string[] = [];
  const env = cleanEnv(
    set,
    {
      NODE_ENV: variable((value) => value)({ default: "development" }),
      HOST: variable(loopback)({ default: "127.0.0.1" }),
      PORT: variable(port)({ default: 4000 }),
      PLATFORM: variable(oneOf("local"))({ default: undefined }),
      OPENTOK_API_KEY: variable(apiKey)({ default: undefined }),
      OPENTOK_API_SECRET: variable(apiSecret)({ default: undefined }),
      DATABASE_URL: variable(databaseFile)({ default: "./data/stagepass.db" }),
      LOG_LEVEL: variable(oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"))({
        default: "info",
      }),
    },
    {
      reporter: ({ errors }) => {
        for (const [name, error] of Object.entries(errors)) problems.push(`${name}: ${error?.message}`);
      },
    },
  );
  for (const [name, other] of [
    ["OPENTOK_API_KEY", "OPENTOK_API_SECRET"],
    ["OPENTOK_API_SECRET", "OPENTOK_API_KEY"],
  ] as const) {
    if (set[name] === undefined && set[other] !== undefined)
      problems.push(`${name}: must be set, as ${other} is`);
  }
  if (set.OPENTOK_API_KEY !== undefined && set.PLATFORM === undefined) {
    problems.push("PLATFORM: must be set to local to use OPENTOK_API_KEY with the built-in platform");
  }
  if (problems.length > 0) throw new StartupError(problems);

  const { OPENTOK_API_KEY: key, OPENTOK_API_SECRET: secret } = env;
  return Object.freeze({
    production: env.NODE_ENV === "production",
    host: env.HOST,
    port: env.PORT,
    openTok: key !== undefined && secret !== undefined ? openTokKeyRing(key, secret) : null,
    databaseFile: env.DATABASE_URL === IN_MEMORY ? null : env.DATABASE_URL,
    logLevel: env.LOG_LEVEL,
  });
}

/** A variable whose `parse` throws the rule that its value breaks. */
function variable<T>(parse: (value: string) => T) {
  return makeExactValidator<T>((value) => parse(value));
}

function oneOf(...choices: string[]) {
  return (value: string): string => {
    if (choices.includes(value)) return value;
    throw new Error(
      `must be ${choices.length > 1 ? "one of " : ""}${choices.join(", ")}; ${quote(value)} was given`,
    );
  };
}

function port(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new Error(`must be a number from 0 to 65535; ${quote(value)} was given`);
}

/** Whoever reaches the server gets tokens from it: it has no authentication, so only its own machine may. */
function loopback(host: string): string {
  if (isLoopback(host)) return host;
  throw new Error(
    `must be a loopback address such as 127.0.0.1, because the server has no authentication; ${quote(host)} was given`,
  );
}

function apiKey(value: string): string {
  if (/^\d{5,20}$/.test(value)) return value;
  // Not what was given: it may be the secret, when the two are swapped.
  throw new Error("must be the OpenTok project's API key, 5 to 20 digits");
}

/** Real ones have 40 hexadecimal characters. Anything long enough not to be guessed will do. */
function apiSecret(value: string): string {
  if (/^[\x21-\x7e]{32,}$/.test(value)) return value;
  throw new Error("must be the OpenTok project's secret, at least 32 characters without white space");
}

function databaseFile(url: string): string {
  if (url === IN_MEMORY) return url;
  try {
    if (url.startsWith("file://")) return fileURLToPath(url);
  } catch {
    // Falls through to the rule.
  }
  if (/^file:(?!\/\/)./.test(url)) return url.slice("file:".length);
  throw new Error(
    "must be file: and the path of the database, such as file:./data/stagepass.db, or :memory:",
  );
}
