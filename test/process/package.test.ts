import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_KEY, API_SECRET, checkForSecrets } from "../support/credentials.ts";
import { giveAway, npmEnvironment, spawnUnprivileged } from "../support/unprivileged.ts";

/** Who installs the package: a home, a folder for it, which then cannot be written any more, and one for data. */
const root = mkdtempSync(join(tmpdir(), "stagepass-package-"));
const [home, folder, data] = ["home", "folder", "data"].map((name) => join(root, name)) as [
  string,
  string,
  string,
];
let npm: Record<string, string>;
let files: string[];

beforeAll(async () => {
  // It was built for the other tests, and to build it anew would take it away from them.
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", root], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [tarball] = JSON.parse(packed);
  files = tarball.files.map(({ path }: { path: string }) => path);
  for (const path of [home, folder, data]) mkdirSync(path);
  chmodSync(root, 0o755);
  giveAway(root);
  npm = npmEnvironment(home);
  const install = [
    "npm",
    "install",
    "--engine-strict",
    "--no-audit",
    "--no-fund",
    join(root, tarball.filename),
  ];
  const { code, errors } = await spawnUnprivileged(folder, install, npm).exited;
  if (code !== 0) throw new Error(errors);
  // Nobody but root could write to what has no permission, and that is not who works here.
  chmodSync(folder, 0o555);
}, 300_000);

afterAll(() => {
  chmodSync(folder, 0o755);
  rmSync(root, { recursive: true, force: true });
});

const database = (name: string) => ({ DATABASE_URL: `file:${join(data, name)}` });
const PROJECT = { PLATFORM: "local", OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: API_SECRET };

/** Starts `npx stagepass` in the folder of the package. */
const start = (args: readonly string[], env: Record<string, string>) =>
  spawnUnprivileged(folder, ["npx", "--no-install", "stagepass", ...args], { ...npm, ...env });

/** What `npx stagepass` prints when it does what it is asked. */
async function done(args: readonly string[], env: Record<string, string>): Promise<string> {
  const { code, output, errors } = await start(args, env).exited;
  checkForSecrets(output + errors);
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return output.trimEnd();
}

/** Where a server that is started serves GraphQL. */
async function urlOf(server: ReturnType<typeof start>): Promise<string> {
  return expect
    .poll(() => {
      if (server.hasEnded()) throw new Error(server.errors());
      return server.output();
    })
    .toMatch(/Stagepass serves GraphQL at \S+\n/)
    .then(() => /Stagepass serves GraphQL at (\S+)/.exec(server.output())?.[1] ?? "");
}

it("has the program, the console, the contract and the documents, and no tests, sources or secrets", () => {
  expect(files).toEqual(
    expect.arrayContaining([
      ...[
        "package.json",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "schema.graphql",
        "bundle/cli.js",
        "bundle/THIRD-PARTY-LICENSES.txt",
      ],
      ...[
        "console/dist/index.html",
        "console/dist/THIRD-PARTY-LICENSES.md",
        "console/dist/persisted-documents.json",
        "docs/operations.md",
        "docs/alerts.yml",
      ],
    ]),
  );
  expect(files.filter((path) => /\.(ts|tsx|map|pem|key)$|^(src|test|bench|data)\/|\.env/.test(path))).toEqual(
    [],
  );
});

it("is built when it is packed", () => {
  expect(JSON.parse(readFileSync("package.json", "utf8")).scripts.prepack).toBe("npm run build --silent");
});

describe("npx stagepass", () => {
  it("starts the server, which serves the API and the console, and stops when it is told to", async () => {
    const server = start([], { PORT: "0", CONSOLE: "on", ...database("server.db") });
    const url = await urlOf(server);
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "mutation { createSession { generateToken { token } } }" }),
    });
    expect((await response.json()).data.createSession.generateToken.token).toMatch(/^eyJ/);
    expect(await (await fetch(new URL("/", url))).text()).toContain("<title>");
    server.stop("SIGINT");
    await server.exited;
    await expect(fetch(url)).rejects.toThrow();
    // As it is left by a server that had the time to stop.
    expect(statSync(join(data, "server.db-wal")).size).toBe(0);
  });

  it("says in one line where it cannot write, and with what to change that", async () => {
    const { code, errors } = await start([], { PORT: "0" }).exited;
    expect(code).toBe(1);
    expect(errors).toMatch(
      /^DATABASE_URL: \.\/data\/stagepass\.db cannot be used as the database: [^\n]*EACCES[^\n]*\n$/,
    );
    expect(existsSync(join(folder, "data"))).toBe(false);
  });

  it("does what the API does", async () => {
    const env = { ...PROJECT, ...database("shell.db") };
    const sessionId = await done(["session", "create", "--media-mode", "routed"], env);
    const token = await done(["token", "--session", sessionId, "--role", "moderator"], env);
    const inspection = JSON.parse(await done(["inspect", token, "--json"], env));
    expect(inspection).toMatchObject({ status: "ACTIVE", role: "MODERATOR", sessionId });

    const key = await done(["keys", "create", "--name", "web", "--grant", '{"scope":"sessions:read"}'], env);
    expect(key).toMatch(/^stagepass_/);
    expect(JSON.parse(await done(["keys", "list", "--json"], env))).toEqual([
      expect.objectContaining({ name: "web", revokedAt: null }),
    ]);
    expect(await done(["keys", "revoke", "web"], env)).toContain("Revoked");

    const file = join(data, "stagepass.jsonl");
    const exported = await done(["export", file], env);
    expect(exported).toMatch(/issued_tokens\t1 rows/);
    expect(await done(["migrate"], database("copy.db"))).toMatch(/^Made: /);
    expect(await done(["import", file], database("copy.db"))).toBe(exported);
  });

  it("ends with 2 where the command line is wrong, and with 1 where what it says is refused", async () => {
    const env = { ...PROJECT, ...database("refused.db") };
    const wrong = await start(["token", "--sesion", "a"], env).exited;
    expect([wrong.code, wrong.output]).toEqual([2, ""]);
    const refused = await start(["token", "--session", "1_nobodys", "--json"], env).exited;
    expect([refused.code, refused.output]).toEqual([1, ""]);
    expect(JSON.parse(refused.errors).error).toMatchObject({
      code: "SESSION_NOT_FOUND",
      argument: "--session",
    });
  });
});
