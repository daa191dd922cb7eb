import { JWT_SECRET } from "../../support/callers.ts";
import { API_KEY, API_SECRET, OPENTOK } from "../../support/credentials.ts";
import type { Wrong } from "./wrong.ts";

const LINE_BREAK = "ends with a line break; echo adds one, printf and echo -n do not";
const WHITE_SPACE = "begins or ends with white space; remove it";
const IN_QUOTES = "is in quotes, which would be part of the value; remove them";

const ENDS = [
  ["AUTH_JWT_SECRET", JWT_SECRET, {}],
  ["OPENTOK_API_SECRET", API_SECRET, { OPENTOK_API_KEY: API_KEY }],
  ["OPENTOK_API_KEY", API_KEY, { OPENTOK_API_SECRET: API_SECRET }],
  ["PORT", "4000", {}],
  ["NODE_ENV", "production", {}],
  ["DATABASE_URL", "file:./x.db", {}],
  ["CORS_ORIGINS", "https://app.example.com", {}],
  ["AUTH_JWKS_URI", "https://idp.example.com/jwks", {}],
  ["AUTH_JWT_ISSUER", "https://idp.example.com/", { AUTH_JWT_SECRET: JWT_SECRET }],
] as const;

const CHOICES = [
  [
    "NODE_ENV",
    "development, production, test",
    [
      ["prod", "production"],
      ["Production", "production"],
      ["dev", "development"],
      ["developement", "development"],
      ["staging", null],
    ],
  ],
  [
    "LEDGER",
    "on, off",
    [
      ["true", "on"],
      ["False", "off"],
      ["1", "on"],
      ["no", "off"],
      ["ON", "on"],
      ["maybe", null],
    ],
  ],
  [
    "CONSOLE",
    "on, off",
    [
      ["enabled", "on"],
      ["0", "off"],
    ],
  ],
  ["AUDIT_REQUIRED", "on, off", [["yes", "on"]]],
  ["FEDERATION", "on, off", [["true", "on"]]],
  [
    "PLATFORM",
    "local, opentok, vonage",
    [
      ["OpenTok", "opentok"],
      ["tokbox", null],
      ["vonge", "vonage"],
    ],
  ],
  [
    "LOG_LEVEL",
    "trace, debug, info, warn, error, fatal, silent",
    [
      ["warning", "warn"],
      ["INFO", "info"],
      ["verbose", null],
    ],
  ],
  [
    "TRUSTED_DOCUMENTS",
    "off, log, enforce",
    [
      ["on", null],
      ["enforced", "enforce"],
    ],
  ],
  ["OTEL_SDK_DISABLED", "true, false", [["yes", null]]],
] as const;

const NUMBERS = [
  ["PORT", "0 to 65535", ["http", "65536", "-1", "4000.5", "0x10", "4,000"]],
  ["METRICS_PORT", "0 to 65535", ["9464/tcp"]],
  ["PLATFORM_TIMEOUT_MS", "100 to 60000", ["99", "60001", "5s"]],
  ["DATABASE_POOL_SIZE", "1 to 1000", ["0", "1001"]],
  ["LEDGER_RETENTION_DAYS", "1 to 36500", ["0", "90d"]],
  ["TOKENS_PER_MINUTE", "1 to 999999999", ["0", "unlimited"]],
  ["SESSIONS_PER_MINUTE", "1 to 999999999", ["0"]],
  ["ACTIONS_PER_MINUTE", "1 to 999999999", ["0"]],
  ["MAX_REQUESTS_PER_CALLER", "1 to 100000", ["0"]],
  ["MAX_MEGABYTES_PER_CALLER", "5 to 1024", ["4", "16MB"]],
  ["MAX_CONNECTIONS_PER_CALLER", "1 to 100000", ["0"]],
  ["SHUTDOWN_DELAY_MS", "0 to 60000", ["60001", "-1"]],
] as const;

/** Values that no variable, or not this one, can have. */
export const VALUES: readonly Wrong[] = [
  ...ENDS.flatMap(([name, value, more]) => [
    {
      what: `${name} with a newline`,
      env: { ...more, [name]: `${value}\n` },
      says: `${name}: ${LINE_BREAK}`,
    },
    { what: `${name} with a blank`, env: { ...more, [name]: ` ${value}` }, says: `${name}: ${WHITE_SPACE}` },
    { what: `${name} in quotes`, env: { ...more, [name]: `"${value}"` }, says: `${name}: ${IN_QUOTES}` },
  ]),
  { what: "other quotes", env: { LOG_LEVEL: "'info'" }, says: `LOG_LEVEL: ${IN_QUOTES}` },
  { what: "a newline of Windows", env: { LOG_LEVEL: "info\r\n" }, says: `LOG_LEVEL: ${LINE_BREAK}` },
  ...CHOICES.flatMap(([name, all, values]) =>
    values.map(([value, meant]) => ({
      what: `${name}=${value}`,
      env: { [name]: value },
      says: `${name}: must be one of ${all}; "${value}" was given${meant === null ? "" : `; did you mean ${meant}?`}`,
    })),
  ),
  ...NUMBERS.flatMap(([name, range, values]) =>
    values.map((value) => ({
      what: `${name}=${value}`,
      env: { ...OPENTOK, [name]: value },
      says: `${name}: must be a whole number from ${range}; "${value}" was given`,
    })),
  ),
  {
    what: "the link to a service named metrics",
    env: { METRICS_PORT: "tcp://10.0.0.1:9464" },
    says: 'METRICS_PORT: must be a number; "tcp://10.0.0.1:9…" is the address that Kubernetes sets for a service of that name; set enableServiceLinks: false',
  },
  {
    what: "a URL as the host",
    env: { HOST: "http://127.0.0.1" },
    says: 'HOST: must be an IP address or a host name; "http://127.0.0.1" was given',
  },
  {
    what: "a host with its port",
    env: { HOST: "127.0.0.1:4000" },
    says: 'HOST: must be an IP address or a host name; "127.0.0.1:4000" was given; set the port in its own variable',
  },
  {
    what: "the host of every address, as other servers have it",
    env: { HOST: "*" },
    says: 'HOST: must be an IP address or a host name; "*" was given; use 0.0.0.0 for all addresses',
  },
  {
    what: "an address in brackets",
    env: { HOST: "[::1]" },
    says: 'HOST: must be an IP address or a host name; "[::1]" was given; remove the brackets',
  },
  {
    what: "metrics on the port of callers",
    env: { PORT: "4000", METRICS_PORT: "4000" },
    says: "METRICS_PORT: must differ from PORT",
  },
  {
    what: "metrics on the port of callers, of every address",
    env: { METRICS_PORT: "4000", METRICS_HOST: "0.0.0.0" },
    says: "METRICS_PORT: must differ from PORT",
  },
  ...["stdout", "STDERR", "on", "true", "1"].map((value) => ({
    what: `AUDIT_LOG=${value}, which would be a file of that name`,
    env: { AUDIT_LOG: value },
    says: `AUDIT_LOG: must be the path of a file, or - for standard output; "${value}" was given`,
  })),
  {
    what: "a line of .env in place of a value",
    env: { AUTH_JWT_SECRET: `AUTH_JWT_SECRET=${JWT_SECRET}` },
    says: "AUTH_JWT_SECRET: begins with AUTH_JWT_SECRET=; set only the value",
  },
  {
    what: "a line of .env in place of the platform's secret",
    env: { ...OPENTOK, OPENTOK_API_SECRET: `OPENTOK_API_SECRET=${API_SECRET}` },
    says: "OPENTOK_API_SECRET: begins with OPENTOK_API_SECRET=; set only the value",
  },
  {
    what: "a comment above a secret",
    env: { AUTH_JWT_SECRET: `# canary\n${JWT_SECRET}` },
    says: "AUTH_JWT_SECRET: has several lines; set only the value, in one line",
  },
  {
    what: "a line break that is two characters",
    env: { AUTH_JWT_SECRET: `${JWT_SECRET}\\n` },
    says: "AUTH_JWT_SECRET: ends with \\n, which is two characters here, not a line break; remove them",
  },
  ...(
    [
      ["AUTH_JWT_ISSUER", `https://\${DOMAIN}/`, { AUTH_JWT_SECRET: JWT_SECRET }],
      ["AUTH_JWT_SECRET", "$(openssl rand -base64 32)", {}],
      ["AUTH_JWT_AUDIENCE", "$(AUDIENCE)", { AUTH_JWT_SECRET: JWT_SECRET }],
      ["LOG_LEVEL", `\${LOG_LEVEL:-info}`, {}],
      ["DATABASE_URL", `postgres://stagepass:\${POSTGRES_PASSWORD}@db/stagepass`, {}],
      ["AUDIT_LOG", "$LOGS/audit.jsonl", { LOGS: "/var/log" }],
    ] as const
  ).map(([name, value, more]) => ({
    what: `${name}=${value}, which nothing expands`,
    env: { ...more, [name]: value },
    says: `${name}: has a variable or a command after a $, which Stagepass does not expand; write the value itself`,
  })),
];
