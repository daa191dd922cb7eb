import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { graphql, newSession } from "../support/faults.ts";
import { spawnServer, stagepass } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const OPERATOR = `operator:${userInfo().username}`;
const GRANT = '{"scope":"sessions:create tokens:create","video_grant":{"roles":["PUBLISHER"]}}';

const linesOf = (text: string): Record<string, unknown>[] =>
  text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
const eventsIn = (path: string) => linesOf(readFileSync(path, "utf8")).map(({ event }) => event);

describe("a server", () => {
  it("with AUDIT_LOG=- has the trail on standard output, and nothing else", async () => {
    const server = spawnServer(temporaryFolder(), { AUDIT_LOG: "-" });
    const url = () => /"url":"([^"]+)"/.exec(server.errors())?.[1] ?? "";
    await expect.poll(url).not.toBe("");
    const sessionId = await newSession(url());
    server.kill("SIGTERM");
    expect((await server.exited).code).toBe(0);
    expect(linesOf(server.output())).toMatchObject([
      { event: "session.created", caller: "local", address: "127.0.0.1", sessionId },
    ]);
  });

  it("goes on in a new file at SIGHUP, after which the old one is left alone", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "audit.jsonl");
    const server = spawnServer(folder, { AUDIT_LOG: path });
    const url = await server.url();
    const rotated: string[] = [];
    for (const name of ["first", "second"]) {
      await newSession(url);
      renameSync(path, join(folder, name));
      rotated.push(join(folder, name));
      server.kill("SIGHUP");
      await expect
        .poll(() => server.errors().split("the credentials were reloaded").length - 1)
        .toBe(rotated.length);
    }
    await graphql(url, "mutation { createSession { generateToken { token } } }");
    expect(rotated.map(eventsIn)).toEqual([["session.created"], ["session.created"]]);
    expect(eventsIn(path)).toEqual(["session.created", "token.issued"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    [{ AUDIT_REQUIRED: "on" }, "AUDIT_LOG: must be set, because AUDIT_REQUIRED=on is set\n"],
    [
      { AUDIT_REQUIRED: "yes" },
      'AUDIT_REQUIRED: must be one of on, off; "yes" was given; did you mean on?\n',
    ],
    [{ AUDIT_LOG: "nowhere/audit.jsonl" }, /^AUDIT_LOG: cannot be opened: ENOENT.*\n$/],
  ])("does not start with %j", async (env, problem) => {
    const server = spawnServer(temporaryFolder(), env as Record<string, string>);
    expect((await server.exited).code).toBe(1);
    if (typeof problem === "string") expect(server.errors()).toBe(problem);
    else expect(server.errors()).toMatch(problem);
  });
});

describe("a command", () => {
  it("tells the server's trail who typed it: of keys, sessions and tokens", async () => {
    const folder = temporaryFolder();
    const env = { AUDIT_LOG: "audit.jsonl" };
    const run = (...args: string[]) => stagepass(folder, [...args, "--json"], env);
    const create = ["keys", "create", "--name", "web", "--grant", GRANT, "--expires-in", "90d"];
    const key = JSON.parse((await run(...create)).output);
    const { sessionId } = JSON.parse((await run("session", "create")).output);
    const token = JSON.parse((await run("token", "--session", sessionId)).output);
    await run("keys", "list");
    await run("keys", "revoke", "web");
    expect((await run("keys", "revoke", "web")).code).toBe(1);
    const text = readFileSync(join(folder, "audit.jsonl"), "utf8");
    const time = expect.any(String);
    const { jti } = JSON.parse(Buffer.from(token.token.split(".")[1], "base64url").toString());
    expect(linesOf(text)).toEqual([
      {
        time,
        event: "key.created",
        caller: OPERATOR,
        key: `key:${key.id}`,
        name: "web",
        expiresAt: key.expiresAt,
      },
      { time, event: "session.created", caller: OPERATOR, sessionId },
      {
        time,
        event: "token.issued",
        caller: OPERATOR,
        sessionId,
        role: "PUBLISHER",
        jti,
        expiresAt: token.expiresAt,
      },
      { time, event: "key.revoked", caller: OPERATOR, key: `key:${key.id}` },
    ]);
    for (const secret of [key.key.slice(-43), token.token]) expect(text).not.toContain(secret);
  });

  it("with AUDIT_LOG=- has the trail on standard error, as it prints what it is for", async () => {
    const folder = temporaryFolder();
    await stagepass(folder, ["migrate"]);
    const { output, errors } = await stagepass(folder, ["session", "create"], { AUDIT_LOG: "-" });
    expect(output).toMatch(/^1_\S+\n$/);
    expect(linesOf(errors)).toMatchObject([{ event: "session.created", sessionId: output.trim() }]);
  });

  it.skipIf(!existsSync("/dev/full"))(
    "gives nothing out with AUDIT_REQUIRED=on and a full disk, and otherwise says what the trail lacks",
    async () => {
      const folder = temporaryFolder();
      await stagepass(folder, ["migrate"]);
      const full = { AUDIT_LOG: "/dev/full" };
      const create = ["keys", "create", "--name", "web", "--grant", GRANT];
      for (const args of [create, ["session", "create"]]) {
        const refused = await stagepass(folder, args, { ...full, AUDIT_REQUIRED: "on" });
        expect(refused).toMatchObject({ code: 1, output: "" });
        expect(refused.errors).toMatch(
          /^The audit trail cannot be written, so nothing was issued; .*\(AUDIT_LOG: ENOSPC/,
        );
      }
      // The name is free again, as nobody has the key.
      const made = await stagepass(folder, create, full);
      expect(made).toMatchObject({ code: 0, output: expect.stringMatching(/^stagepass_/) });
      expect(made.errors).toMatch(/^AUDIT_LOG: the audit trail lacks this command: ENOSPC.*\n$/);
      const revoked = await stagepass(folder, ["keys", "revoke", "web"], { ...full, AUDIT_REQUIRED: "on" });
      expect(revoked).toMatchObject({ code: 0, errors: expect.stringMatching(/lacks this command/) });
    },
  );
});
