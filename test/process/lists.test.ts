import { decodeJwt } from "jose";
import { expect, it } from "vitest";
import { shell } from "../support/shell.ts";

it("lists sessions, page by page, as the API does", async () => {
  const { done, failed, run, database } = shell();
  const ids: string[] = [];
  for (const args of [["--name", "team-2"], ["--name", "team-1"], []])
    ids.push(await done("session", "create", ...args));
  const [second = "", first = "", bare = ""] = ids;
  const list = async (...args: string[]) =>
    (await done("session", "list", ...args)).split("\n").map((line) => line.split(/ {2,}/));

  const all = await list();
  expect(all[0]).toEqual(["sessionId", "createdAt", "mediaMode", "archiveMode", "name"]);
  expect(all.slice(1).map(([id]) => id)).toEqual([bare, first, second]);
  expect((await list("--name-prefix", "team-", "--created-after", "1h")).slice(1).map(([id]) => id)).toEqual([
    first,
    second,
  ]);
  expect((await list("--name", "team-2")).slice(1).map(([id, , , , name]) => [id, name])).toEqual([
    [second, "team-2"],
  ]);
  expect(await done("session", "list", "--created-before", "1h")).toBe("None.");

  const page = await run(["session", "list", "--first", "2"]);
  expect(
    page.output
      .split("\n")
      .slice(1, 3)
      .map((line) => line.split(" ")[0]),
  ).toEqual([bare, first]);
  const [, cursor = ""] = /^More rows may follow: add --after (\S+)\n$/.exec(page.errors) ?? [];
  const rest = JSON.parse(await done("session", "list", "--after", cursor, "--json"));
  expect(rest).toMatchObject({
    nodes: [{ id: second, name: "team-2", mediaMode: "RELAYED" }],
    pageInfo: { hasNextPage: false },
  });

  database().exec("update sessions set name = 'a' || char(10) || 'b'");
  expect((await list()).map((row) => row[4])).toEqual(["name", "a\\u{a}b", "a\\u{a}b", "a\\u{a}b"]);

  for (const [args, error] of [
    [
      ["--name", "a", "--name-prefix", "a"],
      "option '--name-prefix <text>' cannot be used with option '--name <name>'",
    ],
    [
      ["--created-after", "yesterday"],
      "--created-after: must be a time such as 2026-11-24T09:30:00Z, or a duration before now",
    ],
    [["--first", "101"], "--first: must be from 1 to 100; 101 was given"],
    [["--after", "x"], "--after: must be a cursor of this list"],
  ] as const) {
    const refused = await failed("session", "list", ...args);
    expect(refused.code).toBe(2);
    expect(refused.error).toContain(error);
  }
});

it("lists who was let in", async () => {
  const { done, failed } = shell();
  const session = await done("session", "create");
  const other = await done("session", "create");
  const generate = async (id: string, role: string, ...others: string[]) =>
    decodeJwt(await done("token", "--session", id, "--role", role, ...others)).jti;
  const first = await generate(session, "moderator", "--identity", "user-42");
  const second = await generate(session, "publisher");
  const third = await generate(other, "moderator");
  const listed = async (...args: string[]) => {
    const { nodes } = JSON.parse(await done("tokens", "list", ...args, "--json"));
    return nodes.map(({ id }: { id: string }) => id);
  };
  expect(await listed()).toEqual([third, second, first]);
  expect(await listed("--session", session, "--role", "moderator")).toEqual([first]);
  expect(await listed("--id", String(second))).toEqual([second]);
  expect(await listed("--issued-after", "1h", "--issued-to", "nobody")).toEqual([]);
  expect(await listed("--issued-before", "1h")).toEqual([]);

  const lines = (await done("tokens", "list", "--id", String(first))).split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]?.split(/ +/)).toEqual([
    "issuedAt",
    "role",
    "identity",
    "issuedTo",
    "expiresAt",
    "revokedAt",
    "id",
    "sessionId",
  ]);
  expect(lines[1]?.split(/ +/)).toMatchObject({ 1: "MODERATOR", 2: "user-42", 5: "-", 6: first, 7: session });

  const refused = await failed("tokens", "list", "--session", "\ud800", "--role", "boss");
  expect(refused).toMatchObject({ code: 2 });
});
