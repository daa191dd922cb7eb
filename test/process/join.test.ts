import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { CLI, spawnServer } from "../support/process.ts";
import { joined } from "../support/room-client.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { shell } from "../support/shell.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  return () => server.close();
});

/** A token for a session, and a moderator in it. */
async function room(role = "PUBLISHER") {
  const sessionId = await server.createSession();
  const tokenFor = async (role: string, data: string) => {
    const { data: answer } = await server.graphql(
      "mutation ($id: ID!, $role: Role!, $data: String!) { generateToken(sessionId: $id, role: $role, data: $data) { token } }",
      { id: sessionId, role, data },
    );
    return answer.generateToken.token as string;
  };
  const moderator = await joined(server.origin, await tokenFor("MODERATOR", "x"));
  return { token: await tokenFor(role, "a\u001b[2Jb"), moderator };
}

/** `stagepass join`, with the token on standard input. */
function join(token: string, ...args: string[]) {
  const command = [process.execPath, CLI, "join", "--token", "-", "--url", server.origin, ...args];
  const child = spawnServer(temporaryFolder(), {}, command);
  child.endInput(token);
  return child;
}

describe("stagepass join", () => {
  it("prints what happens, and leaves at Ctrl-C", async () => {
    const { token, moderator } = await room();
    const [, documented = ""] =
      /npx stagepass join --token - (.*)$/m.exec(readFileSync("docs/cli.md", "utf8")) ?? [];
    const child = join(token, ...documented.split(" "));
    const { connection } = await moderator.next("connectionCreated");
    await moderator.next("streamCreated");
    moderator.send({ type: "signal", signalType: "chat", data: "hi\u202e\n" });
    await child.printed(/signal "chat": "hi\\u\{202e\}\\u\{a\}"/);
    child.kill("SIGINT");
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(await moderator.next("connectionDestroyed")).toMatchObject({ reason: "clientDisconnected" });
    expect(child.output()).toMatch(
      new RegExp(
        `^\\S+  you  joined as ${connection.connectionId}, publisher; others: 1, streams: 0
\\S+  you  published stream \\S+, camera
\\S+  ${moderator.connectionId}  signal .*
\\S+  you  left
$`,
      ),
    );
    expect(child.output() + child.errors()).not.toContain(token);
  });

  it("says that it was disconnected by force, with exit code 0", async () => {
    const { token, moderator } = await room();
    const child = join(token);
    const { connection } = await moderator.next("connectionCreated");
    moderator.send({ type: "forceDisconnect", connectionId: connection.connectionId });
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.output()).toMatch(/you {2}disconnected: forceDisconnected\n$/);
  });

  it("brings fifty, and sums them up", async () => {
    const { token, moderator } = await room();
    const child = join(token, "--count", "50", "--publish");
    await child.printed(/joined 50 of 50\n[\s\S]*published 50 of 50\n/);
    const { connection } = await moderator.next("connectionCreated");
    moderator.send({ type: "forceDisconnect", connectionId: connection.connectionId });
    await child.printed(/disconnected 1 of 50\n/);
    child.kill("SIGTERM");
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.output().trimEnd().split("\n")).toHaveLength(4);
  });

  it("fails when it may not publish", async () => {
    const { token } = await room("SUBSCRIBER");
    const child = join(token, "--publish");
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.errors()).toMatch(/^the role subscriber does not allow publish.*\n$/);
  });

  it("fails when the token is refused, and does not repeat it", async () => {
    const child = join("canary-token", "--count", "3");
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.output()).toBe("");
    expect(child.errors()).toMatch(/^the token is invalid: .+\n$/);
    expect(child.errors()).not.toContain("canary");
  });

  it("leaves when nobody reads what it prints", async () => {
    const { token, moderator } = await room();
    const child = join(token);
    child.closeOutput();
    moderator.send({ type: "signal", data: "x" });
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it.each<[string[], Record<string, string>, number, RegExp]>([
    [["--count", "0"], {}, 2, /^--count: must be from 1 to 1000; "0" was given$/],
    [["--url", "localhost:4000"], {}, 2, /^--url: must be the URL of a server/],
    [[], { PORT: "0" }, 2, /^--url: is needed, because PORT is 0$/],
    [
      [],
      { PORT: "1", HOST: "0.0.0.0" },
      1,
      /^No connection to a server at http:\/\/127\.0\.0\.1:1: ECONNREFUSED; /,
    ],
  ])("refuses %j with %j", async (args, env, code, message) => {
    const { code: is, error } = await shell(env).failed("join", "--token", "x", ...args);
    expect(error).toMatch(message);
    expect(is).toBe(code);
  });

  it("says which servers have rooms", async () => {
    const other = await startServer({ PLATFORM: "opentok" });
    const { error } = await shell().failed("join", "--token", "x", "--url", other.origin);
    await other.close();
    expect(error).toBe(
      `The server at ${other.origin} cannot be joined: only a server with PLATFORM=local has rooms`,
    );
  });
});
