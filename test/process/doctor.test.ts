import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { SECRET_NAMES } from "../../src/config/variable-table.ts";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { APPLICATION_ID, PRIVATE_KEY, PROJECT } from "../support/credentials.ts";
import { openTokAt } from "../support/doctor.ts";
import { hang, refuse, startFaultServer } from "../support/fault-server.ts";
import { freePort } from "../support/postgres.ts";
import { CLI, spawnServer } from "../support/process.ts";
import { shell } from "../support/shell.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { spawnUnprivileged } from "../support/unprivileged.ts";

interface Told {
  readonly ok: boolean;
  readonly settings: readonly Record<string, unknown>[];
  readonly findings: readonly { readonly what: string; readonly ok: boolean | null; readonly says: string }[];
}

async function told(
  env: Record<string, string>,
  folder = shell(env),
): Promise<Told & { code: number | null }> {
  const { code, output, errors } = await folder.run(["doctor", "--json"]);
  expect(errors).toBe("");
  return { code, ...JSON.parse(output) };
}

describe("stagepass doctor", () => {
  it("prints what a first start would do, and does none of it", async () => {
    const PORT = String(await freePort());
    const { cwd, run } = shell({ PORT });
    writeFileSync(join(cwd, ".env"), "LOG_LEVEL=debug\nFOO=1\n");
    const { code, output, errors } = await run(["doctor"]);
    expect([code, errors]).toEqual([0, ""]);
    const lines = output.trimEnd().split("\n");
    expect(lines).toContain(`PORT                                environment  ${PORT}`);
    expect(lines).toContain("LOG_LEVEL                           .env         debug");
    expect(lines).toContain("HOST                                default      127.0.0.1");
    expect(lines.slice(lines.indexOf("") + 1)).toEqual([
      "-     PLATFORM      local, the built-in platform: its tokens do not join real calls",
      `-     key           the first start creates a local project in ${cwd}/data/local-project.json`,
      `ok    DATABASE_URL  the first start creates ${cwd}/data/stagepass.db`,
      "-     callers       no authentication: every process on this machine may do everything until the first API key is created",
      `ok    PORT          ${PORT} is free on 127.0.0.1`,
      "-     .env          Stagepass does not use FOO",
    ]);
    expect(readdirSync(cwd)).toEqual([".env"]);
  });

  it("tells which value of two is used, and which files are not read, without the values", async () => {
    const { cwd, run } = shell({ PORT: "0", AUTH_JWT_SECRET: JWT_SECRET });
    writeFileSync(join(cwd, ".env"), "AUTH_JWT_SECRET=another-canary-another-canary-another\n");
    for (const name of [".env.local", ".env.production", ".env.txt", ".env.example", ".envrc"]) {
      writeFileSync(join(cwd, name), "AUTH_JWT_SECRET=canary\n");
    }
    const { output } = await run(["doctor"]);
    expect(
      output
        .split("\n")
        .flatMap((line) => /^- +(AUTH_JWT_SECRET|\.env\S*) +(.*)$/.exec(line)?.slice(1).join(": ") ?? []),
    ).toEqual([
      "AUTH_JWT_SECRET: the environment overrides a different value in .env",
      ".env: only this file is read, not .env.local, .env.production, .env.txt",
    ]);
    expect(output).not.toContain("canary");
  });

  it("prints what its documentation shows", async () => {
    const platform = await startFaultServer(refuse(403, "Invalid signature"));
    onTestFinished(() => platform.close());
    const { cwd, run } = shell({
      OPENTOK_API_KEY: "47012345",
      OPENTOK_API_SECRET_FILE: "secret",
      OPENTOK_API_URL: platform.url,
    });
    writeFileSync(join(cwd, "secret"), "0123456789abcdef0123456789abcdef01234567\n");
    writeFileSync(join(cwd, ".env"), "PORT=4000\n");
    const [, shown = ""] =
      /^```text\n(OPENTOK_API_KEY.*?)^```/ms.exec(readFileSync("docs/cli.md", "utf8")) ?? [];
    const words = (text: string) => text.split("\n").map((line) => line.replace(/ +/g, " "));
    const { output } = await run(["doctor"]);
    const asShown = output.replace(`environment  ${platform.url}`, "default https://api.opentok.com");
    expect(words(asShown)).toEqual(expect.arrayContaining(words(shown)));
    expect(words(shown)).toHaveLength(9);
  });

  it("prints every problem of an invalid configuration, and what else is understood", async () => {
    const { code, ok, settings, findings } = await told({ PORT: "http", LOG_LEVL: "debug", LEDGER: "off" });
    expect([code, ok]).toEqual([1, false]);
    expect(findings).toEqual([
      { what: "LOG_LEVL", ok: false, says: "is not a Stagepass variable; did you mean LOG_LEVEL?" },
      { what: "PORT", ok: false, says: expect.stringMatching(/^must be a whole number/) },
      { what: "configuration", ok: null, says: "nothing else is tested until it is valid" },
    ]);
    expect(settings).toContainEqual({ name: "LEDGER", source: "environment", value: "off" });
  });

  it("looks at a server that runs, beside it", async () => {
    const folder = shell();
    const PORT = String(await freePort());
    const server = spawnServer(folder.cwd, { ...PROJECT, PORT });
    await server.url();
    const { code, findings } = await told({}, shell({ ...PROJECT, PORT }, folder.cwd));
    expect(code).toBe(0);
    expect(findings).toContainEqual({
      what: "PORT",
      ok: true,
      says: `a Stagepass server already uses ${PORT} on 127.0.0.1`,
    });
    expect(findings).toContainEqual({
      what: "DATABASE_URL",
      ok: true,
      says: "its tables match this version",
    });
  });

  it("ends within ten seconds, whatever hangs", async () => {
    const silent = await startFaultServer(hang);
    onTestFinished(() => silent.close());
    const database = createServer();
    await once(database.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void database.close());
    const { port } = database.address() as AddressInfo;
    const begin = performance.now();
    const { code, findings } = await told({
      ...openTokAt(silent.url),
      PLATFORM_TIMEOUT_MS: "60000",
      PORT: String(silent.port),
      DATABASE_URL: `postgres://stagepass:canary-password@127.0.0.1:${port}/stagepass`,
      AUTH_JWKS_URI: `${silent.url}/jwks.json`,
      AUTH_JWT_ISSUER: silent.url,
    });
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(code).toBe(1);
    const failed = findings.filter(({ ok }) => ok === false).map(({ what }) => what);
    expect(failed).toEqual(["OPENTOK_API_URL", "DATABASE_URL", "AUTH_JWKS_URI", "PORT"]);
  });

  it("says no secret, neither in lines nor in JSON", async () => {
    const canary = (name: string) => `0ca0a470-${name.toLowerCase()}-${"k9Zq".repeat(6)}`;
    const secrets: Record<string, string> = Object.fromEntries(
      SECRET_NAMES.map((name) => [name, canary(name)]),
    );
    const valid = {
      OPENTOK_API_SECRET: "0ca0a470".repeat(5),
      OPENTOK_API_SECRET_PREVIOUS: "470ca0a0".repeat(5),
      VONAGE_PRIVATE_KEY: PRIVATE_KEY,
      VONAGE_PRIVATE_KEY_PREVIOUS: PRIVATE_KEY,
      DATABASE_URL: `postgres://stagepass:${canary("password")}@127.0.0.1:${await freePort()}/stagepass`,
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${canary("header")}`,
    };
    const env: Record<string, string> = {
      ...secrets,
      ...valid,
      PLATFORM: "opentok",
      OPENTOK_API_KEY: "12345678",
      VONAGE_APPLICATION_ID: APPLICATION_ID,
      OPENTOK_API_URL: `http://127.0.0.1:${await freePort()}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      APOLLO_GRAPH_REF: "graph@current",
    };
    // With everything valid, and with each secret in a place where it breaks a rule. What could be a path would be shown as one.
    const hex = { OPENTOK_API_KEY: valid.OPENTOK_API_SECRET, VONAGE_PRIVATE_KEY: valid.OPENTOK_API_SECRET };
    const wrong = { ...env, ...secrets, ...hex, VONAGE_PRIVATE_KEY_PREVIOUS: valid.OPENTOK_API_SECRET };
    for (const given of [env, wrong]) {
      for (const args of [["doctor"], ["doctor", "--json"]]) {
        const { code, output, errors } = await shell(given).run(args);
        expect(code).toBe(1);
        expect(output + errors).not.toMatch(/0ca0a470|470ca0a0|k9Zq/i);
        expect(output).toMatch(/AUTH_JWT_SECRET/);
      }
    }
  });

  it("says what a caller may do, and nothing of the token", async () => {
    const token = signedJwt({ sub: "web", scope: "tokens:create", video_grant: { roles: ["PUBLISHER"] } });
    const { run } = shell({ ...PROJECT, AUTH_JWT_SECRET: JWT_SECRET });
    const { code, output, errors } = await run(["doctor", "--token", "-"], `${token}\n`);
    expect([code, errors]).toEqual([0, ""]);
    expect(output).toMatch(/^ok +roles +publisher$/m);
    const told = await run(["doctor", "--token", `${token}x`, "--json"]);
    expect(told.code).toBe(1);
    expect(JSON.parse(told.output)).toMatchObject({ ok: false, findings: expect.any(Array) });
    for (const part of token.split(".")) expect(output + told.output + told.errors).not.toContain(part);
  });

  it("tells what its user may not write", async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, "data"), { mode: 0o555 });
    const env = { AUDIT_LOG: "data/audit.jsonl", PORT: "0" };
    const { exited } = spawnUnprivileged(folder, [process.execPath, CLI, "doctor"], env);
    const { code, output } = await exited;
    expect(code).toBe(1);
    const refusal = `this user cannot write ${folder}/data: EACCES`;
    expect(output).toMatch(`FAIL  DATABASE_URL  ${folder}/data/stagepass.db cannot be created: ${refusal}\n`);
    expect(output).toMatch(`FAIL  AUDIT_LOG     ${refusal}\n`);
  });
});
