import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { expect } from "vitest";
import { atOnce } from "../support/at-once.ts";
import { spawnServer, stagepass } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const GRANT = JSON.stringify({
  scope: "sessions:create tokens:create",
  video_grant: { roles: ["PUBLISHER"] },
});

/** Runs the command in a folder; it fails with what it printed as an error. */
async function keys(cwd: string, ...args: string[]): Promise<string> {
  const { code, output, errors } = await stagepass(cwd, ["keys", ...args]);
  if (code !== 0) throw new Error(errors);
  return output;
}

const create = async (cwd: string, name = "web", grant = GRANT) => {
  const [key = ""] = (await keys(cwd, "create", "--name", name, "--grant", grant)).split("\n");
  return key;
};

/** What a server answers to a caller with this credential, or none. */
async function ask(url: string, role: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: `mutation { createSession { generateToken(role: ${role}) { token } } }` }),
  });
  const { data, errors = [] } = await response.json();
  return { status: response.status, token: data?.createSession?.generateToken?.token, errors };
}

const test = atOnce("stagepass keys");

test("makes a key that works by either header, within its grant, and never shows it again", async () => {
  const folder = temporaryFolder();
  const key = await create(folder);
  expect(key).toMatch(/^stagepass_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
  const server = spawnServer(folder, { NODE_ENV: "production", HOST: "localhost" });
  const url = await server.url();
  const either: Record<string, string>[] = [{ authorization: `Bearer ${key}` }, { "x-api-key": key }];
  for (const headers of either) {
    expect((await ask(url, "PUBLISHER", headers)).token).toMatch(/^eyJ/);
  }
  const refused = await ask(url, "MODERATOR", { "x-api-key": key });
  expect(refused).toMatchObject({
    status: 200,
    token: undefined,
    errors: [{ extensions: { code: "FORBIDDEN", requiredRole: "MODERATOR" } }],
  });
  expect(await ask(url, "PUBLISHER")).toMatchObject({
    status: 401,
    errors: [{ extensions: { code: "UNAUTHENTICATED" } }],
  });

  const said = server.output() + server.errors() + (await keys(folder, "list"));
  const secret = key.slice("stagepass_xxxxxxxx_".length);
  expect(said).not.toContain(secret);
  server.kill("SIGTERM");
  await server.exited;
  expect(readFileSync(join(folder, "data", "stagepass.db")).includes(secret)).toBe(false);
  const database = new Libsql(join(folder, "data", "stagepass.db"), { timeout: 2000 });
  expect(database.prepare("select digest from api_keys").get()).toMatchObject({
    digest: createHash("sha256").update(key).digest("hex"),
  });
  database.close();
});

test("revokes a key within five seconds, and a server without keys that work stays closed", async () => {
  const folder = temporaryFolder();
  const key = await create(folder);
  const first = spawnServer(folder);
  const url = await first.url();
  const status = async () => (await ask(url, "PUBLISHER", { "x-api-key": key })).status;
  expect(await status()).toBe(200);
  expect(await keys(folder, "revoke", "web")).toContain("Revoked");
  await expect.poll(status, { timeout: 5000, interval: 200 }).toBe(401);
  expect(await keys(folder, "list")).toMatch(/web\t.*revoked/);

  const second = spawnServer(folder);
  expect((await ask(await second.url(), "PUBLISHER")).status).toBe(401);
});

test("makes a key that works until it expires, and lists that, and the hour of its last use", async () => {
  const folder = temporaryFolder();
  // First, so that a slow start takes nothing from the key's time.
  const server = spawnServer(folder);
  const url = await server.url();
  const made = await stagepass(folder, [
    "keys",
    "create",
    "--name",
    "web",
    "--grant",
    GRANT,
    "--expires-in",
    "15s",
    "--json",
  ]);
  const { key, createdAt, expiresAt } = JSON.parse(made.output);
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(15_000);
  expect(await keys(folder, "list")).toContain(`\texpires ${expiresAt}\tnever used\t`);
  const asked = () => ask(url, "PUBLISHER", { "x-api-key": key });
  expect((await asked()).status).toBe(200);
  const hour = /\tused \d{4}-\d\d-\d\dT\d\dh\t/;
  await expect.poll(() => keys(folder, "list")).toMatch(hour);
  await expect.poll(async () => (await asked()).status, { timeout: 30_000, interval: 200 }).toBe(401);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
  expect((await asked()).errors[0].message).toBe("The API key has expired");
  await expect.poll(() => server.errors()).toContain('"reason":"The API key has expired"');
  expect(await keys(folder, "list")).toContain(`\texpired ${expiresAt}\tused `);
  const [listed] = JSON.parse((await stagepass(folder, ["keys", "list", "--json"])).output);
  expect(listed).toMatchObject({ expiresAt, lastUsedAt: expect.stringMatching(/T\d\d:00:00\.000Z$/) });
});

test("closes a server that is open with the first key", async () => {
  const folder = temporaryFolder();
  const server = spawnServer(folder);
  const url = await server.url();
  expect((await ask(url, "MODERATOR")).token).toMatch(/^eyJ/);
  const key = await create(folder);
  await expect.poll(async () => (await ask(url, "MODERATOR")).status, { interval: 200 }).toBe(401);
  expect((await ask(url, "PUBLISHER", { "x-api-key": key })).token).toMatch(/^eyJ/);
});

test("frees the name of a key that is revoked, also by its ID", async () => {
  const folder = temporaryFolder();
  const key = await create(folder);
  await expect(create(folder)).rejects.toThrow(/--name: a key named web already exists/);
  await keys(folder, "revoke", key.split("_")[1] ?? "");
  await create(folder);
  expect((await keys(folder, "list")).trim().split("\n")).toHaveLength(2);
  await expect(keys(folder, "revoke", "nobody")).rejects.toThrow(/no key has this name or ID/);
});

test("revokes the key that is pasted, and never tells it", async () => {
  const folder = temporaryFolder();
  const revoke = (given: string, input = "") =>
    stagepass(folder, ["keys", "revoke", given, "--json"], {}, input);
  const [first, second] = [await create(folder, "first"), await create(folder, "second")];
  const idOf = (key: string) => key.slice("stagepass_".length, "stagepass_xxxxxxxx".length);
  const revoked = { code: 0, errors: "" };
  expect(await revoke(first)).toEqual({ ...revoked, output: expect.stringContaining(`"${idOf(first)}"`) });
  // Cut off, as a scanner for secrets shows it.
  expect(await revoke("-", `${second.slice(0, 30)}\n`)).toEqual({
    ...revoked,
    output: expect.stringContaining(`"${idOf(second)}"`),
  });
  const again = await revoke(first);
  expect(again.code).toBe(1);
  expect(JSON.parse(again.errors).error).toEqual({
    code: "KEY_NOT_FOUND",
    message: `${idOf(first)}: no key has this name or ID, or it is revoked`,
    argument: idOf(first),
    retryable: false,
  });
  const part = first.slice(-40);
  expect((await revoke(part)).errors).not.toContain(part.slice(0, 20));
});

test("lists which keys grant nothing, for the rules of another version allowed their grants", async () => {
  const folder = temporaryFolder();
  await create(folder);
  await create(
    folder,
    "old",
    JSON.stringify({ scope: "tokens:create", video_grant: { names: ["standup"] } }),
  );
  const database = new Libsql(join(folder, "data", "stagepass.db"), { timeout: 2000 });
  database.exec(`UPDATE api_keys SET claims = replace(claims, '"standup"', '"standup "') WHERE name = 'old'`);
  database.close();
  const malformed = "video_grant.names must not end in a space, U+0020";
  const [web, old] = (await keys(folder, "list")).trimEnd().split("\n");
  expect([web, old]).toEqual([
    expect.not.stringContaining("grants nothing"),
    expect.stringContaining(`\tgrants nothing, ${malformed}: {`),
  ]);
  const listed = JSON.parse((await stagepass(folder, ["keys", "list", "--json"])).output);
  expect(listed).toMatchObject([
    { name: "web", malformed: null },
    { name: "old", malformed },
  ]);
});

test("says when a key expires, and of one that can make no token why", async () => {
  const folder = temporaryFolder();
  const make = (name: string, grant: object, ...more: string[]) =>
    stagepass(folder, ["keys", "create", "--name", name, "--grant", JSON.stringify(grant), ...more]);
  const scope = "tokens:create";
  const alone = await make("a", { scope });
  expect(alone.errors).toContain("This key cannot generate tokens, because its grant has no roles");
  const nowhere = await make("b", { scope, video_grant: { roles: ["PUBLISHER"] } }, "--expires-in", "30");
  expect(nowhere.errors).toContain("This key cannot generate tokens, because its grant has no sessions");
  expect(nowhere.output).toMatch(/It expires at 20\d\d-.*Z\.\n$/);
  const useful = await make("c", { scope, video_grant: { roles: ["PUBLISHER"], sessions: ["*"] } });
  expect(useful).toMatchObject({ code: 0, errors: "" });
});

test("refuses a grant that is none, and says what is wrong", async () => {
  const refused = async (grant: string) => {
    const args = ["keys", "create", "--name", "a", "--grant", grant];
    const { code, errors } = await stagepass(temporaryFolder(), args);
    expect(code).toBe(2);
    return errors;
  };
  expect(await refused('{"scopes":"tokens:create"}')).toContain(
    '--grant: can have only scope and video_grant; remove "scopes"',
  );
  for (const grant of ["grant.json", "{scope:tokens:create}"]) {
    expect(await refused(grant)).toContain("--grant: must be a JSON object with scope and video_grant");
  }
});
