import { describe, expect, it } from "vitest";
import { DEFAULT_PER_MINUTE } from "../../src/access/quota.ts";
import { parseConfig } from "../../src/config/config.ts";
import { MAX_BATCH } from "../../src/domain/token-batch.ts";
import { BYTES_PER_COST } from "../../src/graphql/limits/cost.ts";
import { MAX_COST } from "../../src/graphql/limits/cost-limit.ts";
import {
  MAX_ALIAS_LENGTH,
  MAX_ALIASES,
  MAX_DEPTH,
  MAX_INTROSPECTIONS,
  MAX_REPEATS,
  MAX_ROOT_FIELDS,
  MAX_TOKENS,
} from "../../src/graphql/limits/limits.ts";
import { MAX_DOCUMENT_LENGTH } from "../../src/http/admission.ts";
import { HEADERS_TIMEOUT, REQUEST_TIMEOUT } from "../../src/http/app.ts";
import { BODY_LIMIT } from "../../src/http/body-size.ts";
import { ANSWER_TIMEOUT } from "../../src/http/shares.ts";
import { MAX_LOOKED_THROUGH } from "../../src/services/look-through.ts";
import { MAX_TOTAL } from "../../src/services/page.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { textOf } from "./markdown.ts";

/** The variables of the table whose default is a value, each with it. */
const defaults = textOf("docs/configuration.md")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .flatMap((line) => {
    const [, names = "", values = ""] = line.split("|");
    return names
      .split(",")
      .map((name, i): [string, string | undefined] => [
        name.replaceAll(/[` ]/g, ""),
        /^\s*`([^`]+)`/.exec(values.split(", ")[i] ?? "")?.[1],
      ]);
  })
  .filter((row): row is [string, string] => row[1] !== undefined);

const openTok = { OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: API_SECRET };
const vonage = { VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: PRIVATE_KEY };
const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };

/** What else must be set for a variable to matter. */
const WITH: Readonly<Record<string, Record<string, string>>> = {
  OPENTOK_API_URL: openTok,
  VONAGE_API_URL: vonage,
  PLATFORM_TIMEOUT_MS: openTok,
  METRICS_HOST: { METRICS_PORT: "9464" },
  OTEL_EXPORTER_OTLP_PROTOCOL: traces,
  OTEL_SDK_DISABLED: traces,
};
/** Another value, where not every text is one, or is refused. */
const OTHER: Readonly<Record<string, string>> = { NODE_ENV: "production", OTEL_SDK_DISABLED: "true" };

/** The configuration, or why there is none. Of traces, the variables are those that were set. */
function configOf(environment: Record<string, string>): unknown {
  try {
    const config = parseConfig(environment);
    return { ...config, tracing: config.tracing?.protocol };
  } catch (error) {
    return (error as Error).message;
  }
}

describe("the default of a variable is what the documentation says", () => {
  it("of most of them", () => expect(defaults.length).toBeGreaterThan(15));

  it.each(defaults.filter(([name]) => !name.endsWith("_PER_MINUTE")))("%s: %s", (name, value) => {
    const without = configOf(WITH[name] ?? {});
    expect(configOf({ ...WITH[name], [name]: value })).toEqual(without);
    expect(configOf({ ...WITH[name], [name]: OTHER[name] ?? "x" })).not.toEqual(without);
  });

  it("of the quotas, which depend on the caller", () => {
    expect(defaults).toContainEqual(["TOKENS_PER_MINUTE", String(DEFAULT_PER_MINUTE.tokens)]);
    expect(defaults).toContainEqual(["SESSIONS_PER_MINUTE", String(DEFAULT_PER_MINUTE.sessions)]);
  });
});

it("the limits are what the documentation says", () => {
  const limits = textOf("docs/limits.md");
  const { inFlight } = parseConfig({});
  for (const limit of [
    `Requests that are not answered yet | ${inFlight.requests} | \`MAX_REQUESTS_PER_CALLER\``,
    `answers that are not read yet | ${inFlight.bytes / 1024 ** 2} | \`MAX_MEGABYTES_PER_CALLER\``,
    `its request was the last | ${inFlight.connections} | \`MAX_CONNECTIONS_PER_CALLER\``,
    `Tokens, also those that are refused | ${DEFAULT_PER_MINUTE.tokens} |`,
    `Sessions that are created, also those that are refused | ${DEFAULT_PER_MINUTE.sessions} |`,
    `Body | ${BODY_LIMIT / 1024} KB`,
    `Headers, and the whole request | ${HEADERS_TIMEOUT / 1000} and ${REQUEST_TIMEOUT / 1000} seconds`,
    `Characters of a document | ${MAX_DOCUMENT_LENGTH.toLocaleString("en")}`,
    `Lexical tokens of a document | ${MAX_TOKENS}`,
    `fragments counted as often as they are used | ${MAX_ROOT_FIELDS}, ${MAX_ALIASES}, ${MAX_DEPTH}`,
    `Length of an alias | ${MAX_ALIAS_LENGTH} characters`,
    `Mentions of the same field in one selection | ${MAX_REPEATS}`,
    `\`__schema\` and \`__type\` | ${MAX_INTROSPECTIONS},`,
    `Requests of one \`generateTokens\` | ${MAX_BATCH}`,
    `Cost of an operation | ${MAX_COST}`,
    `Rows that a \`totalCount\` counts | ${MAX_TOTAL.toLocaleString("en")}`,
    `Rows that a page of a filtered list looks through | ${MAX_LOOKED_THROUGH}`,
    `a cost of 1 is at most ${BYTES_PER_COST / 1024} KB of the answer`,
    `an answer has at\nmost ${Math.ceil((MAX_COST * BYTES_PER_COST) / 1024 ** 2)} MB`,
    `reads nothing of its answer for ${ANSWER_TIMEOUT / 1000} seconds`,
  ])
    expect(limits).toContain(limit);
});
