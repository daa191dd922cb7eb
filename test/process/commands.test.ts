import { accessSync, constants, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { API_KEY, PROJECT } from "../support/credentials.ts";
import { answerSession, newSessionId, refuse, startFaultServer } from "../support/fault-server.ts";
import { CLI, spawnServer } from "../support/process.ts";
import { shell } from "../support/shell.ts";

describe("the program", () => {
  it("can be executed after each build, as npx does", () => {
    expect(() => accessSync(CLI, constants.X_OK)).not.toThrow();
  });

  it("lists the commands and says what the exit codes mean", async () => {
    const help = await shell().done("--help");
    for (const command of [
      "start",
      "doctor",
      "token",
      "tokens",
      "inspect",
      "join",
      "session",
      "keys",
      "migrate",
      "backup",
      "check",
      "export",
      "import",
    ])
      expect(help).toMatch(new RegExp(`^ {2}${command}\\b`, "m"));
    expect(help).toContain("Exit codes: 0 success; 1 ");
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    const [, commit = ""] = /^stagepass (?:\S+) \((\S+)\)$/.exec(await shell().done("--version")) ?? [];
    expect(await shell().done("--version")).toBe(`stagepass ${version} (${commit})`);
    expect(commit).toMatch(/^(unknown|[0-9a-f]{7,40}(-dirty)?)$/);
  });

  it("says in JSON what is wrong, with --json", async () => {
    const { code, error } = await shell().failed("token", "--session", "a", "--role", "boss", "--json");
    expect(code).toBe(2);
    expect(JSON.parse(error)).toEqual({
      error: {
        code: "BAD_USER_INPUT",
        message: '--role: must be one of subscriber, publisher, publisher_only, moderator; "boss" was given',
        argument: "--role",
        retryable: false,
      },
    });
  });

  it.each([
    [["session", "create"], 'exec "$@" >/dev/full', "ENOSPC"],
    [
      ["keys", "create", "--name", "web", "--grant", '{"scope":"sessions:read"}'],
      'exec "$@" >/dev/full',
      "ENOSPC",
    ],
    [["--version"], 'exec "$@" >/dev/full', "ENOSPC"],
    // What is written first still has room.
    [["--help"], 'ulimit -f 1; exec "$@" >help', "EFBIG"],
  ])("fails when what %j prints cannot be written, with %s", async (args, script, code) => {
    expect(await shell().run(args, "", script)).toEqual({
      code: 1,
      output: "",
      errors: `cannot write to standard output: ${code}; changes already made are kept\n`,
    });
  });

  it("is done when nobody reads what it prints", async () => {
    const command = spawnServer(shell().cwd, PROJECT, [process.execPath, CLI, "session", "create"]);
    command.closeOutput();
    expect(await command.exited).toEqual({ code: 0, signal: null });
  });

  it("takes a value that begins as an option does with =", async () => {
    const { done } = shell();
    const sessionId = await done("session", "create");
    const args = ["--session", sessionId, "--data=--json", "--initial-layout-class-list=--focus", "--json"];
    expect(JSON.parse(await done("token", ...args))).toMatchObject({
      data: "--json",
      initialLayoutClassList: ["--focus"],
    });
  });

  it("starts the server with start, and without a command", async () => {
    const { cwd } = shell();
    for (const args of [[], ["start"]]) {
      const server = spawnServer(cwd, PROJECT, [process.execPath, CLI, ...args]);
      const response = await fetch(await server.url(), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"query":"{ videoProject { platform } }"}',
      });
      expect((await response.json()).data.videoProject.platform).toBe("LOCAL");
      server.kill("SIGTERM");
      expect(await server.exited).toEqual({ code: 0, signal: null });
    }
  });
});

describe("stagepass inspect", () => {
  it("tells of a token that is none, with exit code 1, and repeats nothing of it", async () => {
    const { run } = shell();
    const { code, output } = await run(["inspect", "canary-token"]);
    expect(code).toBe(1);
    expect(output).toMatch(/^status +INVALID\nreason +\S/);
    expect(output).not.toContain("canary");
  });

  it("shows what could move the cursor as what it is", async () => {
    const { done, run } = shell();
    const sessionId = await done("session", "create");
    const token = await done("token", "--session", sessionId, "--data", "a\u001b[2Jb");
    expect((await run(["inspect", "-"], token)).output).toContain("a\\u{1b}[2Jb");
  });

  it("says that there is no project to know tokens of", async () => {
    const { cwd, failed } = shell({});
    expect(await failed("inspect", "x")).toEqual({
      code: 1,
      error: `DATABASE_URL: the database ${cwd}/data/stagepass.db has no local project yet; start the server once to create it`,
    });
  });

  it("tells without the database what the token says, and that it cannot tell the rest", async () => {
    const { cwd, run } = shell();
    const { output: token } = await run(["token", "--session", newSessionId(API_KEY)]);
    rmSync(join(cwd, "data"), { recursive: true });
    const { code, output, errors } = await run(["inspect", "-", "--json"], token);
    expect(JSON.parse(output)).toMatchObject({ status: "ACTIVE", createdHere: null });
    expect([code, errors]).toEqual([
      0,
      expect.stringMatching(/^Cannot tell whether the session was created here, or the token revoked: .+\n$/),
    ]);
    expect(existsSync(join(cwd, "data"))).toBe(false);
  });

  it("reads no more than a request may have", async () => {
    const { code, errors } = await shell().run(["inspect", "-"], "x".repeat(70_000));
    expect([code, errors]).toEqual([2, "token: is longer than 65536 bytes\n"]);
  });
});

describe("stagepass session create", () => {
  it("creates one with these options, or gets the one of a name", async () => {
    const { done, failed } = shell();
    const options = ["--media-mode", "routed", "--archive-mode", "always", "--archive-name", "Standup"];
    const first = JSON.parse(await done("session", "create", "--name", "standup", ...options, "--json"));
    expect(first).toMatchObject({
      name: "standup",
      mediaMode: "ROUTED",
      archiveMode: "ALWAYS",
      archiveName: "Standup",
      applicationId: API_KEY,
    });
    expect(await done("session", "create", "--name", "standup", ...options)).toBe(first.sessionId);
    expect(await done("session", "create", "--name", "standup")).toBe(first.sessionId);
    const relayed = ["--name", "standup", "--media-mode", "relayed"];
    expect((await failed("session", "create", ...relayed)).error).toMatch(/^--media-mode: is ROUTED /);
  });

  it("asks the platform, and says why that refuses", async () => {
    const sessionId = newSessionId(API_KEY);
    const platform = await startFaultServer(answerSession(sessionId, API_KEY));
    const { done, failed } = shell({ ...PROJECT, PLATFORM: "opentok", OPENTOK_API_URL: platform.url });
    expect(await done("session", "create")).toBe(sessionId);
    platform.behave(refuse(403, "Invalid signature"));
    const { code, error } = await failed("session", "create");
    expect(code).toBe(1);
    expect(error).toMatch(/^The platform refused to create a session: Invalid signature/);
    await platform.close();
  });
});
