import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ROOT } from "../docs/markdown.ts";
import { LONG } from "../support/long.ts";
import { CLI } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { giveAway, spawnUnprivileged } from "../support/unprivileged.ts";

const run = promisify(execFile);
const OLDEST: string = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).engines.node.slice(2);
const [major, minor] = OLDEST.split(".").map(Number) as [number, number];

/** How a program ends in a Node.js that says it is of another version. */
async function runAs(version: string, file: string, args: readonly string[] = []) {
  const preload = join(temporaryFolder(), "version.cjs");
  writeFileSync(
    preload,
    `const versions = { ...process.versions, node: "${version}" };
     Object.defineProperty(process, "versions", { value: versions });`,
  );
  try {
    const { stdout, stderr } = await run(process.execPath, ["--require", preload, file, ...args]);
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

const tooOld = (version: string) => ({
  code: 1,
  stdout: "",
  stderr: `stagepass needs Node.js ${OLDEST} or newer; this is ${version}\n`,
});

const CHECK = "src/can-build.cjs";

describe("a Node.js that is too old", () => {
  it.each([
    ["stagepass", CLI, ["--version"]],
    ["the build", join(ROOT, CHECK), []],
  ])("is named in a line by %s, and no other one is", async (_, file, args) => {
    for (const version of ["18.20.8", `${major}.${minor - 1}.9`, `${major - 1}.99.0`]) {
      expect(await runAs(version, file, args)).toMatchObject(tooOld(version));
    }
    for (const version of [`${OLDEST}.0`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`, "100.1.0"]) {
      expect(await runAs(version, file, args)).toMatchObject({ code: 0, stderr: "" });
    }
  });

  it.runIf(LONG).each(["18", "16"])(
    "is named by stagepass and by the build in Node.js %s",
    async (version) => {
      for (const file of [CLI, join(ROOT, CHECK)]) {
        const ended = await run("npx", ["-y", "-p", `node@${version}`, "node", file, "start"]).catch(
          (error) => error,
        );
        expect([ended.code, ended.stdout]).toEqual([1, ""]);
        expect(ended.stderr).toMatch(
          new RegExp(
            `^stagepass needs Node\\.js ${OLDEST.replace(".", "\\.")} or newer; this is ${version}\\.\\S+\\n$`,
          ),
        );
      }
    },
    120_000,
  );
});

describe("a folder that the build cannot write", () => {
  /** What the build says in a clone that is the user's or not, with these folders in it. */
  async function build(owned: boolean, made: readonly string[]) {
    const clone = temporaryFolder();
    mkdirSync(join(clone, "src"));
    for (const file of [CHECK, "package.json"]) copyFileSync(join(ROOT, file), join(clone, file));
    for (const folder of made) mkdirSync(join(clone, folder), { recursive: true, mode: 0o755 });
    chmodSync(clone, 0o755);
    if (owned) giveAway(clone);
    const { code, output, errors } = await spawnUnprivileged(
      clone,
      [process.execPath, join(clone, CHECK)],
      {},
    ).exited;
    return { clone, code, output, errors };
  }

  const ALL = ["console/dist", "bundle", "dist"];
  const says = (folder: string) =>
    `the build cannot write ${folder} (EACCES); give this user write permission, or start an existing build with node bundle/cli.js start\n`;

  it.skipIf(process.getuid?.() !== 0)("is named in a line", async () => {
    const { clone, ...ended } = await build(false, ALL);
    expect(ended).toEqual({ code: 1, output: "", errors: says(join(clone, "dist")) });
    const fresh = await build(false, ["console"]);
    expect(fresh.errors).toBe(says(fresh.clone));
  });

  it.each([[ALL], [["console"]]])("is none where the user owns the clone: %j", async (made) => {
    expect(await build(true, made)).toMatchObject({ code: 0, output: "", errors: "" });
  });
});
