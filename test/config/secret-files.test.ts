import { describe, expect, it } from "vitest";
import { parseConfig, parseDatabaseAddress } from "../../src/config/config.ts";
import { SECRET_NAMES } from "../../src/config/variable-table.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, newPrivateKey, PRIVATE_KEY } from "../support/credentials.ts";
import { problems } from "../support/problems.ts";
import { fileOf, temporaryFolder } from "../support/temporary-folder.ts";

const PROJECT = { PLATFORM: "local", OPENTOK_API_KEY: API_KEY };
const PREVIOUS = "decade00".repeat(5);
const APOLLO_KEY = "service:my-graph:canary";

const secretOf = (environment: Record<string, string>) => {
  const { keyRing } = parseConfig({ ...PROJECT, ...environment }).platform;
  return keyRing?.signingKey.export().toString();
};

describe("a variable with _FILE at its end", () => {
  it("has the path of a file with the secret, for every secret", () => {
    const values: Record<string, string> = {
      DATABASE_URL: "postgres://stagepass:canary@db.example.com/stagepass",
      OPENTOK_API_SECRET: API_SECRET,
      OPENTOK_API_SECRET_PREVIOUS: PREVIOUS,
      AUTH_JWT_SECRET: JWT_SECRET,
      AUTH_JWT_SECRET_PREVIOUS: "canary-of-before-canary-of-before",
      WEBHOOK_SECRET: "canary-of-webhooks",
      WEBHOOK_SECRET_PREVIOUS: "canary-of-former-webhooks",
      APOLLO_KEY,
      VONAGE_PRIVATE_KEY: PRIVATE_KEY,
      VONAGE_PRIVATE_KEY_PREVIOUS: newPrivateKey(),
      HTTPS_PROXY: "http://stagepass:canary@proxy.example.com:3128",
      HTTP_PROXY: "http://stagepass:canary@other.example.com:3128",
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=canary",
    };
    expect(Object.keys(values).sort()).toEqual([...SECRET_NAMES].sort());
    const more = {
      ...PROJECT,
      APOLLO_GRAPH_REF: "my-graph@current",
      VONAGE_APPLICATION_ID: APPLICATION_ID,
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
    };
    const files = Object.entries(values).map(([name, value]) => [`${name}_FILE`, fileOf(`${value}\n`)]);
    const config = parseConfig({ ...more, ...Object.fromEntries(files) });
    expect(config).toEqual(parseConfig({ ...more, ...values }));
    expect(config.jwtRules?.secret?.export().toString()).toBe(JWT_SECRET);
    expect(config.usageReporting?.apolloKey.export().toString()).toBe(APOLLO_KEY);
    expect(secretOf({ ...more, ...Object.fromEntries(files) })).toBe(API_SECRET);
  });

  it.each([
    ["without a newline", API_SECRET],
    ["with one", `${API_SECRET}\n`],
    ["with one of Windows", `${API_SECRET}\r\n`],
  ])("takes a file %s at its end", (_, content) => {
    expect(secretOf({ OPENTOK_API_SECRET_FILE: fileOf(content) })).toBe(API_SECRET);
  });

  it.each([
    [
      "a second newline",
      `${API_SECRET}\n\n`,
      "ends with a line break; echo adds one, printf and echo -n do not",
    ],
    ["a blank", `${API_SECRET} `, "begins or ends with white space; remove it"],
    ["quotes", `"${API_SECRET}"`, "is in quotes, which would be part of the value; remove them"],
    ["nothing", "", "must not be an empty file"],
    ["a newline alone", "\n", "must not be an empty file"],
  ])("takes nothing else away: a file with %s is refused", (_, content, rule) => {
    expect(problems({ ...PROJECT, OPENTOK_API_SECRET_FILE: fileOf(content) })).toEqual([
      `OPENTOK_API_SECRET_FILE: ${rule}`,
    ]);
  });

  it("cannot be set beside the variable", () => {
    const found = problems({ AUTH_JWT_SECRET: JWT_SECRET, AUTH_JWT_SECRET_FILE: fileOf(JWT_SECRET) });
    expect(found).toEqual(["AUTH_JWT_SECRET_FILE: cannot be set together with AUTH_JWT_SECRET"]);
  });

  it("names every file that cannot be read, and shows neither path nor content", () => {
    const found = problems({
      AUTH_JWT_SECRET_FILE: JWT_SECRET,
      OPENTOK_API_SECRET_FILE: temporaryFolder(),
      ...PROJECT,
    });
    expect([...found].sort()).toEqual([
      "AUTH_JWT_SECRET_FILE: must be the path of a file with the secret: ENOENT",
      "OPENTOK_API_SECRET_FILE: must be the path of a file with the secret: EISDIR",
    ]);
  });

  it.each([
    ["of 64 KB", 64 * 1024, "AUTH_JWT_SECRET: is a placeholder; make one with: openssl rand -base64 32"],
    ["that is longer", 64 * 1024 + 1, "AUTH_JWT_SECRET_FILE: must be a file of at most 65536 bytes"],
  ])("reads a file %s to its end, or not at all", (_, length, problem) => {
    expect(problems({ AUTH_JWT_SECRET_FILE: fileOf("x".repeat(length)) })).toEqual([problem]);
  });

  it("does not read a device without end", { timeout: 2000 }, () => {
    expect(problems({ AUTH_JWT_SECRET_FILE: "/dev/zero" })).toEqual([
      "AUTH_JWT_SECRET_FILE: must be a file of at most 65536 bytes",
    ]);
  });

  it("is as good as not set when it is empty", () => {
    expect(problems({ AUTH_JWT_SECRET_FILE: "", AUTH_JWT_SECRET: JWT_SECRET })).toEqual([]);
  });

  it("gives a command its database, which reads no other secret", () => {
    const url = "postgres://stagepass:canary@db.example.com/stagepass";
    const environment = { DATABASE_URL_FILE: fileOf(`${url}\n`), AUTH_JWT_SECRET_FILE: "/nowhere" };
    expect(parseDatabaseAddress(environment)).toEqual(parseDatabaseAddress({ DATABASE_URL: url }));
  });

  it.each<[string, Buffer, string]>([
    [
      "UTF-16, as PowerShell's > writes it",
      Buffer.from(`\ufeff${JWT_SECRET}\r\n`, "utf16le"),
      "must be a UTF-8 text file; save it as UTF-8",
    ],
    [
      "UTF-16 without a mark",
      Buffer.from(JWT_SECRET, "utf16le"),
      "must be a UTF-8 text file; save it as UTF-8",
    ],
    [
      "a byte order mark",
      Buffer.from(`\ufeff${JWT_SECRET}\n`),
      "begins with a byte order mark; save it as UTF-8 without one",
    ],
    [
      "a comment",
      Buffer.from(`# canary\n${JWT_SECRET}\n`),
      "has several lines; set only the value, in one line",
    ],
    [
      "a line of .env",
      Buffer.from(`AUTH_JWT_SECRET=${JWT_SECRET}\n`),
      "begins with AUTH_JWT_SECRET=; set only the value",
    ],
  ])("is refused with %s", (_, bytes, says) => {
    expect(problems({ AUTH_JWT_SECRET_FILE: fileOf(bytes) })).toEqual([`AUTH_JWT_SECRET_FILE: ${says}`]);
  });
});
