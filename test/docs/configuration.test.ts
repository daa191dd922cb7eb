import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DEFAULT_PER_MINUTE } from "../../src/access/quota.ts";
import { parseConfig } from "../../src/config/config.ts";
import { parseEnvFile } from "../../src/config/env-file.ts";
import { OTEL_NAMES } from "../../src/config/otel-variables.ts";
import { VARIABLES, type Variable, variable } from "../../src/config/variable-table.ts";
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
import { STRANGER_SOCKETS, STRANGER_SOCKETS_PER_ADDRESS } from "../../src/http/stranger-sockets.ts";
import { MAX_PER_CALLER, MAX_PER_SOCKET } from "../../src/http/subscription-counts.ts";
import { MAX_BUFFERED, MESSAGES_PER_SECOND } from "../../src/http/subscription-socket.ts";
import { INIT_TIMEOUT, MAX_MESSAGE } from "../../src/http/subscription-sockets.ts";
import { WEBHOOK_BODY_LIMIT, WEBHOOKS_IN_FLIGHT } from "../../src/http/webhooks.ts";
import { MAX_WAITING } from "../../src/services/changes.ts";
import { MAX_LOOKED_THROUGH } from "../../src/services/look-through.ts";
import { MAX_TOTAL } from "../../src/services/page.ts";
import { textOf } from "./markdown.ts";

/** The files that read the configuration. */
const SOURCES = [
  ...readdirSync("src/config").map((file) => `src/config/${file}`),
  "src/platform/credential-names.ts",
]
  .filter((path) => path !== "src/config/variable-table.ts")
  .map(textOf)
  .join("\n");

/** A row of a table in `docs/configuration.md`; the page decides in which table it is. */
const ROW = /^\| `([A-Z_]+)` \|.*$/gm;

function row(name: string): string {
  const { default: value, otherwise = "", meaning } = variable(name) as Variable;
  return `| \`${name}\` | ${value === undefined ? otherwise : `\`${value}\``} | ${meaning} |`;
}

/** The meaning as plain text. */
const plain = (markdown: string) => markdown.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1").replaceAll("`", "");

/** `.env.example`: every variable, none of them set. */
function example(): string {
  const entries = Object.keys(VARIABLES).map((name) => {
    const { default: value, otherwise, meaning, example: shown = value ?? "" } = variable(name) as Variable;
    const without = otherwise === undefined ? "" : ` Not set: ${plain(otherwise)}.`;
    return `# ${plain(meaning)}${without}\n#${name}=${shown}\n`;
  });
  return `# Copy this file to .env, and remove the # before each variable that you set. See docs/configuration.md.\n\n${entries.join("\n")}`;
}

describe("the variables", () => {
  // npm run schema writes both.
  it("have one row each in the tables of docs/configuration.md", async () => {
    const page = textOf("docs/configuration.md");
    const names = [...page.matchAll(ROW)].map(([, name]) => name);
    expect(names.sort()).toEqual(Object.keys(VARIABLES).sort());
    const written = page.replaceAll(ROW, (_, name) => row(name));
    await expect(written).toMatchFileSnapshot("../../docs/configuration.md");
  });

  it("are in .env.example, which sets nothing, and works without every #", async () => {
    await expect(example()).toMatchFileSnapshot("../../.env.example");
    expect(parseEnvFile(Buffer.from(example()))).toEqual({ values: {}, problems: [] });
    const { values, problems } = parseEnvFile(Buffer.from(example().replaceAll(/^#(?=[A-Z])/gm, "")));
    expect(problems).toEqual([]);
    expect(Object.keys(values)).toEqual(Object.keys(VARIABLES));
  });

  // OpenTelemetry's names are composed in the code.
  it.each(Object.keys(VARIABLES).filter((name) => !OTEL_NAMES.includes(name)))(
    "include %s, which the configuration reads",
    (name) => {
      expect(SOURCES).toContain(`"${name}"`);
    },
  );

  it("include the quotas, which depend on the caller", () => {
    expect(VARIABLES.TOKENS_PER_MINUTE.otherwise).toContain(`\`${DEFAULT_PER_MINUTE.tokens}\``);
    expect(VARIABLES.SESSIONS_PER_MINUTE.otherwise).toContain(`\`${DEFAULT_PER_MINUTE.sessions}\``);
  });
});

it("the limits match the documentation", () => {
  const limits = textOf("docs/limits.md");
  const { inFlight } = parseConfig({});
  for (const limit of [
    `Unanswered requests | ${inFlight.requests} | \`MAX_REQUESTS_PER_CALLER\``,
    `unread answers | ${inFlight.bytes / 1024 ** 2} | \`MAX_MEGABYTES_PER_CALLER\``,
    `the caller of its latest request. | ${inFlight.connections} | \`MAX_CONNECTIONS_PER_CALLER\``,
    `Tokens, including refused ones | ${DEFAULT_PER_MINUTE.tokens} |`,
    `New sessions, including refused ones | ${DEFAULT_PER_MINUTE.sessions} |`,
    `Body | ${BODY_LIMIT / 1024} KB`,
    `Time for the headers, and for the whole request | ${HEADERS_TIMEOUT / 1000} and ${REQUEST_TIMEOUT / 1000} seconds`,
    `Characters in a document | ${MAX_DOCUMENT_LENGTH.toLocaleString("en")}`,
    `Lexical tokens in a document | ${MAX_TOKENS}`,
    `Root fields of an operation | ${MAX_ROOT_FIELDS} |`,
    `Aliases of an operation | ${MAX_ALIASES} |`,
    `Levels of fields | ${MAX_DEPTH} |`,
    `Length of an alias | ${MAX_ALIAS_LENGTH} characters`,
    `Uses of the same field in one selection | ${MAX_REPEATS}`,
    `\`__schema\` and \`__type\` | ${MAX_INTROSPECTIONS},`,
    `Requests in one \`generateTokens\` | ${MAX_BATCH}`,
    `Cost of an operation | ${MAX_COST}`,
    `Rows that \`totalCount\` counts | ${MAX_TOTAL.toLocaleString("en")}`,
    `Rows that the server reads for a page of a filtered list | ${MAX_LOOKED_THROUGH}`,
    `A cost of 1 allows ${BYTES_PER_COST / 1024} KB of the answer`,
    `an answer has at\nmost ${Math.ceil((MAX_COST * BYTES_PER_COST) / 1024 ** 2)} MB`,
    `reads none of its answer for ${ANSWER_TIMEOUT / 1000} seconds`,
    `Subscriptions of a WebSocket | ${MAX_PER_SOCKET} |`,
    `Subscriptions of a caller on one server | ${MAX_PER_CALLER} |`,
    `Size of a message from the client | ${MAX_MESSAGE / 1024} KB |`,
    `Messages and pings from the client in a second | ${MESSAGES_PER_SECOND} |`,
    `Time until the client sends its credential | ${INIT_TIMEOUT / 1000} seconds |`,
    `Unread bytes of a WebSocket | ${MAX_BUFFERED / 1024 ** 2} MB |`,
    `Participants that wait in one subscription | ${MAX_WAITING} |`,
    `without a known caller | ${STRANGER_SOCKETS_PER_ADDRESS} from one address, ${STRANGER_SOCKETS} in all |`,
  ])
    expect(limits).toContain(limit);
  const { requests, bytes } = WEBHOOKS_IN_FLIGHT;
  const participants = textOf("docs/participants.md");
  expect(participants).toContain(`An event has at most ${WEBHOOK_BODY_LIMIT / 1024} KB`);
  expect(participants).toContain(
    `At most ${requests} events, with ${bytes / 1024 ** 2} MB in all, are in flight`,
  );
});
