/** Builds of other commits of this repository. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const REPOSITORY = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds the server of a commit with the installed packages, and gives `use` the `commit`, the `entry` of its program, and
 * `newDatabase`, which creates a SQLite file with its migrations and resolves to the URL.
 */
export async function withBuildOf(commit, use) {
  const folder = mkdtempSync(join(tmpdir(), "stagepass-bench-"));
  const tree = join(folder, "tree");
  const run = (program, args, env = {}) =>
    execFileSync(program, args, {
      cwd: tree,
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "inherit"],
    });
  const git = (...args) =>
    execFileSync("git", args, { cwd: REPOSITORY, stdio: ["ignore", "ignore", "inherit"] });
  git("worktree", "add", "--detach", tree, commit);
  try {
    symlinkSync(join(REPOSITORY, "node_modules"), join(tree, "node_modules"));
    run("npm", ["run", "build", "--silent"]);
    const cli = join(tree, "bundle", "cli.js");
    let databases = 0;
    const newDatabase = async () => {
      const DATABASE_URL = `file:${join(folder, `${++databases}.db`)}`;
      run(process.execPath, [cli, "migrate"], { DATABASE_URL });
      return DATABASE_URL;
    };
    return await use({ commit, entry: pathToFileURL(cli).href, newDatabase });
  } finally {
    git("worktree", "remove", "--force", tree);
    rmSync(folder, { recursive: true, force: true });
  }
}
