import { readFileSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { describe, expect, it } from "vitest";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { answerSession, newSessionId, refuse, startFaultServer } from "../support/fault-server.ts";
import { CLI, spawnServer, stagepass } from "../support/process.ts";
import { openStore } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const PROJECT = { PLATFORM: "local", OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: API_SECRET };

const COMMANDS = [
  ["start"],
  ["token"],
  ["inspect"],
  ["session", "create"],
  ["keys", "create"],
  ["keys", "list"],
  ["keys", "revoke"],
  ["migrate"],
  ["backup"],
  ["check"],
  ["export"],
  ["import"],
];

/** A folder to work in, with what a command prints there when it is done, and the error when it is not. */
function shell(env: Record<string, string> = PROJECT) {
  const cwd = temporaryFolder();
  const run = (args: readonly string[], input = "", script?: string) =>
    stagepass(cwd, args, env, input, script);
  return {
    cwd,
    run,
    async done(...args: string[]): Promise<string> {
      const { code, output, errors } = await run(args);
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      return output.trimEnd();
    },
    async failed(...args: string[]): Promise<{ code: number | null; error: string }> {
      const { code, output, errors } = await run(args);
      expect(output).toBe("");
      expect(errors.trimEnd()).not.toContain("\n");
      return { code, error: errors.trimEnd() };
    },
    /** The database's file, of its own. */
    database: () => new Libsql(join(cwd, "data", "stagepass.db")),
    /** What the ledger has of a session. */
    async recorded(sessionId: string) {
      const { ledger } = await openStore(`file:${join(cwd, "data", "stagepass.db")}`);
      return (await ledger.newest([sessionId], 10, null)).map(({ issued }) => issued);
    },
  };
}

describe("the program", () => {
  it.each(COMMANDS)("%s %s has help with an example and the variables", async (...words) => {
    const command = words.filter(Boolean);
    const help = await shell().done(...command, "--help");
    expect(help).toMatch(new RegExp(`^Usage: stagepass ${command.join(" ")}`));
    expect(help).toMatch(/\nExample:\n {2}\S/);
    expect(help).toMatch(/\nEnvironment, or a \.env file in the working directory: \S/);
  });

  it("lists the commands and says what the exit codes mean", async () => {
    const help = await shell().done("--help");
    for (const [command] of COMMANDS) expect(help).toMatch(new RegExp(`^ {2}${command}\\b`, "m"));
    expect(help).toContain("Exit codes: 0 done; 1 ");
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    const [, commit = ""] = /^stagepass (?:\S+) \((\S+)\)$/.exec(await shell().done("--version")) ?? [];
    expect(await shell().done("--version")).toBe(`stagepass ${version} (${commit})`);
    expect(commit).toMatch(/^(unknown|[0-9a-f]{7,40}(-dirty)?)$/);
  });

  it.each([
    [["toke"], "unknown command 'toke' (Did you mean token?); see stagepass --help"],
    [["keys"], "a command is missing; see stagepass keys --help"],
    [["token"], "required option '--session <id>' not specified; see stagepass token --help"],
    [
      ["token", "--session", "a", "--sesion", "b"],
      /^unknown option '--sesion' \(Did you mean --session\?\); see /,
    ],
    [["inspect", "a", "b"], /^too many arguments/],
  ])("refuses %j with exit code 2 and one line", async (args, message) => {
    const { code, error } = await shell().failed(...args);
    expect(code).toBe(2);
    if (typeof message === "string") expect(error).toBe(message);
    else expect(error).toMatch(message);
  });

  it("says in JSON what is wrong, with --json", async () => {
    const { code, error } = await shell().failed("token", "--session", "a", "--role", "boss", "--json");
    expect(code).toBe(2);
    expect(JSON.parse(error)).toEqual({
      error: {
        code: "BAD_USER_INPUT",
        message: '--role: must be one of subscriber, publisher, publisher_only, moderator; "boss" was given',
        argument: "--role",
      },
    });
  });

  it.each([
    [["token", "--session", newSessionId(API_KEY)], 'exec "$@" >/dev/full', "ENOSPC"],
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
      errors: `standard output cannot be written: ${code}; what was done stays done\n`,
    });
  });

  it("is done when nobody reads what it prints", async () => {
    const command = spawnServer(shell().cwd, PROJECT, [process.execPath, CLI, "session", "create"]);
    command.closeOutput();
    expect(await command.exited).toEqual({ code: 0, signal: null });
  });

  it.each([
    [["session", "create", "--name", "--e2ee"], "--name"],
    [["token", "--session", "--json"], "--session"],
    [["token", "--session", "a", "--initial-layout-class-list", "--json"], "--initial-layout-class-list"],
    [["keys", "create", "--name", "--grant", "{}"], "--name"],
  ])("takes no option for the value of one, as in %j", async (args, option) => {
    const { code, error } = await shell().failed(...args);
    expect(error).toContain(`${option}: has no value; one that begins with -- is given as ${option}=--…`);
    expect(code).toBe(2);
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
        body: '{"query":"{ project { platform } }"}',
      });
      expect((await response.json()).data.project.platform).toBe("LOCAL");
      server.kill("SIGTERM");
      expect(await server.exited).toEqual({ code: 0, signal: null });
    }
  });
});

describe("stagepass token", () => {
  it("prints a token alone, which is on the ledger and grants what was asked", async () => {
    const { done, run, recorded } = shell();
    const sessionId = await done("session", "create");
    const token = await done(
      "token",
      ...["--session", sessionId, "--role", "moderator", "--data", "username=bob", "--expires-in", "2h"],
    );
    expect(token).toMatch(/^eyJ[\w.-]+$/);
    const inspection = await run(["inspect", "-", "--json"], `${token}\n`);
    expect(inspection).toMatchObject({ code: 0, errors: "" });
    const { createdAt, expiresAt, ...said } = JSON.parse(inspection.output);
    expect(said).toMatchObject({ status: "ACTIVE", sessionId, role: "MODERATOR", data: "username=bob" });
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(2 * 60 * 60 * 1000);
    const [issued, ...others] = await recorded(sessionId);
    expect(others).toEqual([]);
    expect(issued).toMatchObject({ role: "moderator", format: "jwt", expiresAt: new Date(expiresAt) });
  });

  it("has all fields of the API's with --json, and the names of the schema", async () => {
    const { done } = shell();
    const sessionId = await done("session", "create");
    const token = JSON.parse(await done("token", "--session", sessionId, "--format", "t1", "--json"));
    expect(token).toEqual({
      token: expect.stringMatching(/^T1==/),
      sessionId,
      applicationId: API_KEY,
      role: "PUBLISHER",
      data: null,
      initialLayoutClassList: [],
      format: "T1",
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      expireTime: expect.any(Number),
    });
  });

  it.each([
    [["--session", "1_nobodys"], 1, /^--session: is malformed/],
    [["--expire-time", "5"], 2, /^--expire-time: must be later than now/],
    [["--expire-time", "soon"], 2, /^--expire-time: must be in whole seconds/],
    [["--expires-in", "31d"], 2, /^--expires-in: must be at most 30 days/],
    [["--expires-in", "0"], 2, /^--expires-in: must be a number of seconds, at least 1/],
    [
      ["--expires-in", "1h", "--expire-time", "1"],
      2,
      /'--expires-in <duration>' cannot be used with .*'--expire-time/,
    ],
    [["--role", "boss"], 2, /^--role: must be one of /],
    [["--role", "publisher", "--role", "moderator"], 2, /^--role: may be given once/],
    [["--format", "jwe"], 2, /^--format: must be one of jwt, t1/],
    [["--data", "x".repeat(1001)], 2, /^--data: must /],
  ])("with %j ends with %i, names the option and records nothing", async (args, exitCode, message) => {
    const { failed, done, recorded } = shell();
    const sessionId = await done("session", "create");
    const session = args.includes("--session") ? [] : ["--session", sessionId];
    const { code, error } = await failed("token", ...session, ...args);
    expect(error).toMatch(message);
    expect(code).toBe(exitCode);
    expect(await recorded(sessionId)).toEqual([]);
  });

  it("of the legacy format is refused for a Vonage application", async () => {
    const { failed } = shell({ VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: PRIVATE_KEY });
    const { code, error } = await failed(
      "token",
      "--session",
      newSessionId(APPLICATION_ID),
      "--format",
      "t1",
    );
    expect([code, error]).toEqual([2, expect.stringMatching(/^--format: /)]);
  });

  it("is not issued when it cannot be recorded, and says why", async () => {
    const { done, failed, database } = shell();
    const sessionId = await done("session", "create");
    const before = database();
    before.exec(
      "create trigger full before insert on issued_tokens begin select raise(abort, 'there is no room'); end",
    );
    before.close();
    expect(await failed("token", "--session", sessionId)).toEqual({
      code: 1,
      error: expect.stringMatching(
        /^The issuance could not be recorded.* \(DATABASE_URL: there is no room\)$/,
      ),
    });
    expect(JSON.parse((await failed("token", "--session", sessionId, "--json")).error).error.code).toBe(
      "LEDGER_UNAVAILABLE",
    );
  });

  it("is not issued while another process has the database locked, and says so", async () => {
    const { done, failed, database } = shell();
    const sessionId = await done("session", "create");
    const other = database();
    other.exec("begin immediate");
    const { code, error } = await failed("token", "--session", sessionId);
    other.close();
    expect(error).toMatch(
      /^The issuance could not be recorded.* \(DATABASE_URL: (it did not answer within 2 seconds|.*locked)\)$/,
    );
    expect(code).toBe(1);
  });

  it("is not issued when the database cannot be reached", async () => {
    const { failed } = shell({
      ...PROJECT,
      DATABASE_URL: "postgres://stagepass:canary@127.0.0.1:1/stagepass",
    });
    const { code, error } = await failed("token", "--session", newSessionId(API_KEY));
    expect(code).toBe(1);
    expect(error).toMatch(/^DATABASE_URL: .*ECONNREFUSED/);
    expect(error).not.toContain("canary");
  });

  it("is of the same project as the server beside it, which knows the record", async () => {
    const { cwd, done } = shell({});
    const server = spawnServer(cwd);
    const url = await server.url();
    const sessionId = await done("session", "create", "--name", "standup");
    await done("token", "--session", sessionId);
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: "query($id: ID!) { session(sessionId: $id) { name issuedTokens { nodes { role } } } }",
        variables: { id: sessionId },
      }),
    });
    expect((await response.json()).data.session).toEqual({
      name: "standup",
      issuedTokens: { nodes: [{ role: "PUBLISHER" }] },
    });
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
    expect(await shell({}).failed("inspect", "x")).toEqual({
      code: 1,
      error:
        "DATABASE_URL: there is no local project beside the database; it is made when the server first starts",
    });
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
    expect((await failed("session", "create", "--name", "standup")).error).toMatch(/^--media-mode: /);
  });

  it.each([
    [["--archive-mode", "always"], /^--archive-mode: .*add --media-mode ROUTED/],
    [["--e2ee"], /^--e2ee: needs a routed session; add --media-mode ROUTED$/],
    [
      ["--e2ee", "--media-mode", "routed", "--archive-mode", "always"],
      /^--e2ee: excludes --archive-mode ALWAYS; /,
    ],
    [["--max-age", "1h"], /^--max-age: is of the session that has a name; add --name/],
    [["--location", "nowhere"], /^--location: /],
    [["--name", ""], /^--name: /],
  ])("refuses %j", async (args, message) => {
    const { code, error } = await shell().failed("session", "create", ...args);
    expect(error).toMatch(message);
    expect(code).toBe(2);
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
