import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository, which the commands of its documents are about. */
const ROOT = new URL("../../../", import.meta.url);

/** The path of a file of the repository. */
export const pathOf = (name) => fileURLToPath(new URL(name, ROOT));

export const packageJson = JSON.parse(readFileSync(pathOf("package.json"), "utf8"));

/** The arguments, which are noted, so that a test can tell what was called. */
export function argumentsOf(command) {
  const args = process.argv.slice(2);
  appendFileSync(process.env.STAND_IN_CALLS, `${JSON.stringify([command, ...args])}\n`);
  return args;
}

/** Ends the command: it could not work. */
export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(64);
}

/** Fails unless the repository has the file. */
export function mustExist(name) {
  if (!existsSync(pathOf(name))) fail(`the repository has no ${name}`);
}

/** The values of options that are given as `--name value` or `--name=value`. */
export function optionValues(args, ...names) {
  return args.flatMap((arg, i) => {
    const [name, value] = arg.split(/=(.*)/s);
    return names.includes(name) ? [value ?? args[i + 1]] : [];
  });
}

/** Runs a program of the repository in the folder where the command was called. */
export function runNode(program, args) {
  mustExist(program);
  const { status } = spawnSync(process.execPath, [pathOf(program), ...args], { stdio: "inherit" });
  process.exit(status ?? 1);
}
