import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkForSecrets, PROJECT } from "../support/credentials.ts";
import { LONG } from "../support/long.ts";
import { giveAway, spawnUnprivileged } from "../support/unprivileged.ts";

const root = mkdtempSync(join(tmpdir(), "stagepass-package-"));
const [home, folder, data] = ["home", "folder", "data"].map((name) => join(root, name)) as [
  string,
  string,
  string,
];
let files: string[];

/** What the program loads beside itself, whatever its way of work. */
const EXTERNAL = ["@apollo/utils.createhash", "libsql", "pg"];

/** Installs the package, and what its program needs, as npm does in ten times the time. */
function unpack(tarball: string): void {
  const modules = join(folder, "node_modules");
  for (const name of [".bin", "stagepass"]) mkdirSync(join(modules, name), { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", join(modules, "stagepass"), "--strip-components=1"]);
  const program = join(modules, "stagepass", JSON.parse(readFileSync("package.json", "utf8")).bin.stagepass);
  chmodSync(program, 0o755);
  symlinkSync(program, join(modules, ".bin", "stagepass"));
  const copied = new Set<string>();
  const copy = (name: string) => {
    const source = join("node_modules", name);
    if (copied.has(name) || !existsSync(source)) return;
    copied.add(name);
    cpSync(source, join(modules, name), { recursive: true });
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(source, "package.json"), "utf8"),
    );
    for (const each of Object.keys({ ...dependencies, ...optionalDependencies })) copy(each);
  };
  EXTERNAL.forEach(copy);
}

beforeAll(() => {
  const npm = (cwd: string, ...args: string[]) =>
    execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  // It was built for the other tests, and to build it anew would take it away from them.
  const [tarball] = JSON.parse(npm(".", "pack", "--ignore-scripts", "--json", "--pack-destination", root));
  files = tarball.files.map(({ path }: { path: string }) => path);
  for (const path of [home, folder, data]) mkdirSync(path);
  const path = join(root, tarball.filename);
  if (LONG) npm(folder, "install", "--engine-strict", "--no-audit", "--no-fund", "--prefer-offline", path);
  else unpack(path);
  chmodSync(root, 0o755);
  giveAway(root);
  // Root may write everywhere, and so is not who works here.
  chmodSync(folder, 0o555);
}, 300_000);

afterAll(() => {
  chmodSync(folder, 0o755);
  rmSync(root, { recursive: true, force: true });
}, 60_000);

const database = (name: string) => ({ DATABASE_URL: `file:${join(data, name)}` });

/** Starts `npx stagepass` in the folder of the package, as a user who cannot write there. */
const start = (args: readonly string[], env: Record<string, string>) =>
  spawnUnprivileged(folder, ["npx", "--no-install", "stagepass", ...args], {
    HOME: home,
    NPM_CONFIG_UPDATE_NOTIFIER: "false",
    ...env,
  });

it("has the program, the console, the contract and the documents, and no tests, sources or secrets", () => {
  const { bin } = JSON.parse(readFileSync("package.json", "utf8"));
  const expected = `package.json README.md LICENSE CHANGELOG.md schema.graphql .env.example ${bin.stagepass}
    bundle/THIRD-PARTY-LICENSES.txt console/dist/index.html console/dist/THIRD-PARTY-LICENSES.md
    console/dist/persisted-documents.json docs/operations.md docs/database.md docs/monitoring.md docs/alerts.yml`;
  expect(files).toEqual(expect.arrayContaining(expected.split(/\s+/)));
  const others = /\.(ts|tsx|map|pem|key)$|^(src|test|bench|data)\/|\.env$/;
  expect(files.filter((path) => others.test(path))).toEqual([]);
});

it("is built when it is packed", () => {
  expect(JSON.parse(readFileSync("package.json", "utf8")).scripts.prepack).toBe("npm run build --silent");
});

it("starts the server, which serves the API and the console, and stops when it is told to", async () => {
  const server = start([], { PORT: "0", CONSOLE: "on", ...database("server.db") });
  const served = /Stagepass serves GraphQL at (\S+)\n/;
  await expect
    .poll(() => {
      if (server.hasEnded()) throw new Error(server.errors());
      return server.output();
    })
    .toMatch(served);
  const url = served.exec(server.output())?.[1] ?? "";
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
    /^DATABASE_URL: \/\S+\/data\/stagepass\.db cannot be used as the database: [^\n]*EACCES[^\n]*; let this user write [^\n]*\n$/,
  );
  expect(existsSync(join(folder, "data"))).toBe(false);
});

it("does what the API does", async () => {
  const done = async (...args: string[]) => {
    const { code, output, errors } = await start(args, { ...PROJECT, ...database("shell.db") }).exited;
    checkForSecrets(output + errors);
    expect(code).toBe(0);
    return output.trimEnd();
  };
  const sessionId = await done("session", "create", "--media-mode", "routed");
  const token = await done("token", "--session", sessionId, "--role", "moderator");
  const inspection = JSON.parse(await done("inspect", token, "--json"));
  expect(inspection).toMatchObject({ status: "ACTIVE", role: "MODERATOR", sessionId });
  expect(await done("export", join(data, "stagepass.jsonl"))).toMatch(/issued_tokens\t1 rows/);
});
