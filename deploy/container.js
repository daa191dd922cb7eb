/** What an image does when it is started: its command, with its environment and as its user, on files that it cannot write. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, lstatSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Makes the image's files what they are to its user: those that it does not own, it cannot write.
 *
 * @param {import("./image.js").Image} image
 * @param {import("./image.js").Identity} identity
 */
export function seal({ root, owners, user }, { uid }) {
  const theirs = owners.filter(([, owner]) => owner === user).map(([path]) => join(root, path));
  if (uid !== undefined) execFileSync("chown", ["-hR", "0:0", root]);
  // Who is not root owns all of them, and is kept off by the mode.
  execFileSync("chmod", ["-R", uid === undefined ? "a-w" : "go-w", root]);
  for (const path of theirs) {
    if (uid !== undefined) execFileSync("chown", ["-hR", user, path]);
    execFileSync("chmod", ["-R", "u+w", path]);
  }
}

/** Lets the files of a sealed image be removed. */
export function unseal(root) {
  if (lstatSync(root, { throwIfNoEntry: false })?.isDirectory()) execFileSync("chmod", ["-R", "u+w", root]);
}

/**
 * @param {import("./image.js").Image} image sealed
 * @param {import("./image.js").Identity} identity
 * @param {Record<string, string>} env what `docker run --env` would add
 */
export function container(image, identity, env) {
  const run = ([program, ...args]) => {
    const child = spawn(program, args, {
      cwd: join(image.root, image.workdir),
      // Without a name, the user has no home either.
      env: {
        PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
        HOME: "/",
        ...image.env,
        ...env,
      },
      ...identity,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    const exited = once(child, "close").then(([code, signal]) => ({ code, signal, output }));
    return { child, exited, output: () => output };
  };

  return {
    /** Starts it, with other arguments than those of CMD if there are some. */
    start: (args = image.cmd) => run([...image.entrypoint, ...args]),

    /** What HEALTHCHECK finds, once. */
    async healthy() {
      if (image.health === null) throw new Error("the image has no HEALTHCHECK");
      const { child, exited } = run(image.health.command);
      const timer = setTimeout(() => child.kill("SIGKILL"), image.health.timeout);
      const { code } = await exited;
      clearTimeout(timer);
      return code === 0;
    },

    /** Whether the user can make a file in a folder of the image. */
    async canWrite(path) {
      const file = join(image.root, path, ".written");
      const script = `const fs = require("node:fs"); fs.writeFileSync(${JSON.stringify(file)}, ""); fs.unlinkSync(${JSON.stringify(file)})`;
      const { code, output } = await run([process.execPath, "-e", script]).exited;
      if (code !== 0 && !/EACCES|EROFS/.test(output)) throw new Error(output);
      return code === 0;
    },
  };
}

/** Every folder of the image but those of its volumes, from its `/`. */
export function foldersOf({ root, volumes }, path = "/") {
  const entries = readdirSync(join(root, path), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  return [
    path,
    ...folders.filter((one) => !volumes.includes(one)).flatMap((one) => foldersOf({ root, volumes }, one)),
  ];
}

/** Makes a folder one that everybody may go through. */
export function open(folder) {
  chmodSync(folder, 0o755);
  return folder;
}
