import { join } from "node:path";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { PROJECT } from "../support/credentials.ts";
import { joined } from "../support/room-client.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { shell } from "../support/shell.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

type Shell = ReturnType<typeof shell>;

const json = async ({ done }: Shell, ...args: string[]) => JSON.parse(await done(...args, "--json"));

/** Lets somebody join the server with a token of the CLI, and resolves when the CLI lists the participant. */
async function joins(cli: Shell, server: TestServer, session: string, ...options: string[]) {
  const token = await cli.done("token", "--session", session, ...options);
  const client = await joined(server.origin, token);
  const id = `p_${client.connectionId}`;
  const ids = async () => {
    const { nodes } = await json(cli, "participants", "list", "--session", session);
    return nodes.map((node: { id: string }) => node.id);
  };
  await expect.poll(ids, { timeout: 20_000 }).toContain(id);
  return { ...client, id, jti: String(decodeJwt(token).jti) };
}

describe("beside a server with the same database", () => {
  async function beside({ onTestFinished }: { onTestFinished: (end: () => Promise<void>) => void }) {
    const cwd = temporaryFolder();
    const cli = shell({ ...PROJECT, PLATFORM: "local" }, cwd);
    const session = await cli.done("session", "create");
    const server = await startServer({
      PLATFORM: "local",
      DATABASE_URL: `file:${join(cwd, "data", "stagepass.db")}`,
    });
    onTestFinished(() => server.close());
    return { cli, server, session };
  }

  it("lists participants, and removes one with a ban", async (context) => {
    const { cli, server, session } = await beside(context);
    const ann = await joins(cli, server, session, "--identity", "ann");
    const list = (...args: string[]) => cli.done("participants", "list", "--session", session, ...args);
    const [header, row] = (await list()).split("\n").map((line) => line.split(/ +/));
    expect(header).toEqual(["joinedAt", "leftAt", "role", "identity", "data", "leaveReason", "id"]);
    expect(row?.slice(1)).toEqual(["-", "PUBLISHER", "ann", "-", "-", ann.id]);

    expect(await cli.done("participants", "remove", ann.id, "--ban", "--ban-until", "1h")).toBe(
      "Removed and banned.",
    );
    await ann.closed;
    expect(await list()).toBe("None.");
    expect(await list("--all")).toContain("FORCE_DISCONNECTED");
    const { nodes } = await json(cli, "bans", "list");
    expect(nodes).toMatchObject([{ identity: "ann", sessionId: session, isActive: true }]);
    const refused = await cli.failed("token", "--session", session, "--identity", "ann", "--json");
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.error).error).toMatchObject({ code: "FORBIDDEN" });
  });

  it("has the server remove whoever is in with a revoked token or a banned identity", async (context) => {
    const { cli, server, session } = await beside(context);
    const ann = await joins(cli, server, session, "--identity", "ann");
    const bob = await joins(cli, server, session, "--identity", "bob", "--data", "b");
    const revoked = await json(cli, "tokens", "revoke", ann.jti);
    expect(revoked).toMatchObject({ id: ann.jti, revokedAt: expect.any(String) });
    await ann.closed;
    await cli.done("bans", "add", "--identity", "bob");
    await bob.closed;
  });
});

it("adds, lists and lifts bans", async () => {
  const cli = shell();
  const session = await cli.done("session", "create");
  const id = await cli.done("bans", "add", "--identity", "ann", "--session", session, "--until", "7d");
  const everywhere = await json(cli, "bans", "add", "--identity", "bob");
  expect(id).toMatch(/^b_/);
  expect(everywhere).toMatchObject({ identity: "bob", sessionId: null, until: null, liftedAt: null });
  const ids = async (...args: string[]) =>
    (await json(cli, "bans", "list", ...args)).nodes.map((node: { id: string }) => node.id);
  expect(await ids()).toEqual([everywhere.id, id]);
  expect(await ids("--session", session)).toEqual([id]);
  expect(await ids("--identity", "bob")).toEqual([everywhere.id]);
  expect(await cli.done("bans", "lift", id)).toBe("Lifted.");
  expect(await ids()).toEqual([everywhere.id]);
  expect(await ids("--all")).toEqual([everywhere.id, id]);
  await cli.done("token", "--session", session, "--identity", "ann");
});

it("limits the participants of a new session", async () => {
  const cli = shell();
  const created = await json(cli, "session", "create", "--max-participants", "2");
  expect(created).toMatchObject({ maxParticipants: 2 });
});

it("names what is wrong", async () => {
  const { done, failed } = shell();
  await done("session", "create");
  for (const [args, code, error] of [
    [["tokens", "revoke", "x"], 2, "<id>: must be the ID of a token that this server issued"],
    [["bans", "lift", "b_1"], 2, "<id>: must be the ID of a ban"],
    [["participants", "remove", "p_1"], 2, "<id>: must be the ID of a participant"],
    [["participants", "remove", "p_1", "--ban-until", "1h"], 2, "--ban-until: applies only to a ban"],
    [["participants", "list", "--session", "1_nobodys"], 1, "--session: is malformed"],
    [["bans", "add", "--identity", ""], 2, "--identity: "],
    [
      ["bans", "add", "--identity", "a", "--until", "2020-01-01T00:00:00Z"],
      2,
      "--until: must be in the future",
    ],
    [["session", "create", "--max-participants", "0"], 2, "--max-participants: must be from 1 to 10000"],
  ] as const) {
    const refused = await failed(...args);
    expect(refused).toEqual({ code, error: expect.stringContaining(error) });
  }
});
