import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import { keptLocalProject } from "../../src/platform/local-project.ts";
import { atOnce } from "../support/at-once.ts";
import { API_KEY, API_SECRET, APPLICATION_ID } from "../support/credentials.ts";
import { CLI, spawnServer } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const run = promisify(execFile);

/** The project of a session that the server creates. */
async function projectOf(url: string): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"query":"mutation { createSession { applicationId } }"}',
  });
  const { data } = await response.json();
  return data.createSession.applicationId;
}

describe("the start", () => {
  const test = atOnce("of a server");

  test("prints a command that can be pasted as it is and answers with a session and a token", async () => {
    const server = spawnServer(temporaryFolder());
    await server.url();
    const [command = ""] = /^ *curl .*$/m.exec(server.output()) ?? [];
    const { stdout } = await run("sh", ["-c", command]);
    expect(JSON.parse(stdout)).toEqual({
      data: {
        createSession: {
          sessionId: expect.stringMatching(/^1_/),
          applicationId: expect.stringMatching(/^\d{8}$/),
          generateToken: { token: expect.stringMatching(/^eyJ/), expiresAt: expect.stringMatching(/Z$/) },
        },
      },
    });
  });

  test("keeps its project and its sessions, for its owner alone", async () => {
    const folder = temporaryFolder();
    const create = async () => {
      const server = spawnServer(folder);
      const project = await projectOf(await server.url());
      server.kill("SIGTERM");
      await server.exited;
      return project;
    };
    expect(await create()).toBe(await create());
    expect(statSync(join(folder, "data")).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "data", "local-project.json")).mode & 0o777).toBe(0o600);
  });

  test("works for two servers that start at once on one new database", async () => {
    const folder = temporaryFolder();
    const servers = [spawnServer(folder), spawnServer(folder)];
    const [first, second] = await Promise.all(servers.map(async (server) => projectOf(await server.url())));
    expect(first).toBe(second);
  });

  test("says that there is no authentication, and logs the secret nowhere", async () => {
    const folder = temporaryFolder();
    const server = spawnServer(folder, { LOG_LEVEL: "trace" });
    await server.url();
    server.kill("SIGTERM");
    await server.exited;
    expect(server.errors()).toContain("no authentication");
    const { apiSecret } = JSON.parse(readFileSync(join(folder, "data", "local-project.json"), "utf8"));
    expect(server.errors() + server.output()).not.toContain(apiSecret);
  });

  test("says in the first line of the log which build it is", async () => {
    const server = spawnServer(temporaryFolder(), { DATABASE_URL: ":memory:", LOG_LEVEL: "info" });
    await server.url();
    await expect.poll(() => server.errors()).toContain("\n");
    const { stdout } = await run(process.execPath, [CLI, "--version"]);
    const [, version, commit] = /^stagepass (\S+) \((\S+)\)\n$/.exec(stdout) ?? [];
    expect(JSON.parse(server.errors().split("\n")[0] ?? "")).toMatchObject({
      msg: "listening",
      version,
      commit,
      node: process.version,
    });
  });

  test("says what is set in vain", async () => {
    const server = spawnServer(temporaryFolder(), { DATABASE_URL: ":memory:", METRICS_HOST: "::1" });
    await server.url();
    await expect.poll(() => server.errors()).toContain("METRICS_HOST: is not used: METRICS_PORT is not set");
  });

  test("says that the keys of the identity provider cannot be read", async () => {
    const server = spawnServer(temporaryFolder(), {
      DATABASE_URL: ":memory:",
      AUTH_JWKS_URI: "http://127.0.0.1:9/jwks.json",
    });
    await server.url();
    await expect
      .poll(() => server.errors())
      .toMatch(/"reason":"[^"]+","msg":"the keys of AUTH_JWKS_URI cannot be read/);
  });

  test("reads a .env file, over which the environment wins", async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, ".env"),
      `\ufeffPLATFORM=local\nOPENTOK_API_KEY=${API_KEY}\nOPENTOK_API_SECRET=${API_SECRET}\nLOG_LEVEL=nonsense\n`,
    );
    // An empty variable counts as not set.
    const env = { DATABASE_URL: ":memory:", LOG_LEVEL: "info", OPENTOK_API_KEY: "", PLATFORM: "" };
    const server = spawnServer(folder, env);
    expect(await projectOf(await server.url())).toBe(API_KEY);
    expect(readdirSync(folder)).toEqual([".env"]);
  });
});

describe("a start that cannot work", () => {
  const test = atOnce("ends");

  for (const [why, env, lines] of [
    ["of two wrong values", { PORT: "x", LOG_LEVEL: "loud" }, /^PORT: .*\nLOG_LEVEL: .*\n$/],
    [
      "of a private key that is not there",
      { VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: "./private.key" },
      /^VONAGE_PRIVATE_KEY: is neither a key in PEM format nor the path of a file: there is no \/.*private\.key\n$/,
    ],
    [
      "of a platform without credentials",
      { PLATFORM: "opentok" },
      /^OPENTOK_API_KEY: .*\nOPENTOK_API_SECRET: .*\n$/,
    ],
    [
      "of an address that others reach, without authentication",
      { HOST: "0.0.0.0", LOG_LEVEL: "info" },
      /^HOST: .*\n$/,
    ],
    [
      "of production without authentication",
      { HOST: "192.168.1.5", NODE_ENV: "production", LOG_LEVEL: "info" },
      /^HOST: .*\nNODE_ENV: .*\n$/,
    ],
    [
      "of a secret for JWTs that is too short",
      { AUTH_JWT_SECRET: "x".repeat(31) },
      /^AUTH_JWT_SECRET: .*\n$/,
    ],
    [
      "of a folder that cannot be made",
      { DATABASE_URL: "file:/dev/null/x/stagepass.db" },
      /^DATABASE_URL: .*\n$/,
    ],
  ] as [string, Record<string, string>, RegExp][])
    test(`because ${why} with one line for each problem and code 1`, async () => {
      const server = spawnServer(temporaryFolder(), env);
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.errors()).toMatch(lines);
      expect(server.output()).toBe("");
    });

  test("because of lines of .env that are none names them, and starts no server that is open", async () => {
    const folder = temporaryFolder();
    const text = `OPENTOK_API_KEY: ${API_KEY}\nOPENTOK_API_SECERT=${API_SECRET}\nNODE_ENV=prod\n`;
    writeFileSync(join(folder, ".env"), Buffer.from(`\ufeff${text}`, "utf16le"));
    const server = spawnServer(folder);
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.errors().split("\n")).toEqual([
      ".env: line 1: must be NAME=value, with = instead of :",
      "OPENTOK_API_SECERT: is not a Stagepass variable; did you mean OPENTOK_API_SECRET?",
      'NODE_ENV: must be one of development, production, test; "prod" was given; did you mean production?',
      "",
    ]);
    expect(readdirSync(folder)).toEqual([".env"]);
  });

  test("because callers' JWTs are signed with the secret of the project of its own making says so", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "data"), { mode: 0o700 });
    const { apiSecret } = keptLocalProject(join(folder, "data", "local-project.json"));
    const server = spawnServer(folder, { AUTH_JWT_SECRET: apiSecret, LOG_LEVEL: "info" });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.errors()).toBe("AUTH_JWT_SECRET: must differ from the OpenTok project's secret\n");
  });

  test("because of a mistake of ours logs where that is", async () => {
    const folder = temporaryFolder();
    const preload = join(folder, "preload.mjs");
    writeFileSync(
      preload,
      'import http from "node:http"; http.createServer = function mistaken() { throw new TypeError("of ours"); };',
    );
    const server = spawnServer(folder, { NODE_OPTIONS: `--import=${preload}` });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    const lines = server.errors().trim().split("\n");
    expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 60)).toEqual([
      expect.objectContaining({
        msg: "the server has failed",
        err: { type: "TypeError", message: "of ours", stack: expect.stringContaining("mistaken") },
      }),
    ]);
  });

  test("because the port is taken says so", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const server = spawnServer(temporaryFolder(), { PORT: String(port), LOG_LEVEL: "info" });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.errors()).toBe(`PORT: ${port} is already in use on 127.0.0.1\n`);
    other.close();
  });
});
