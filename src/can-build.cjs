// Prints one line that says why a build cannot work. The syntax is old, so that old versions of Node.js can parse it.
const { accessSync, constants, existsSync } = require("node:fs");
const { dirname, join } = require("node:path");

const [oldest] = /\d+\.\d+/.exec(require("../package.json").engines.node);
const { node } = process.versions;
const [[major, minor], [oldestMajor, oldestMinor]] = [node, oldest].map((version) =>
  version.split(".").map(Number),
);

/** Lists the folder if this user cannot write it, or its parent if the folder does not exist yet. */
function unwritable(folder) {
  const there = existsSync(folder) ? folder : dirname(folder);
  try {
    accessSync(there, constants.W_OK);
    return [];
  } catch (error) {
    return [`${there} (${error.code})`];
  }
}

const folders = [].concat(
  ...["dist", "bundle", "console/dist"].map((name) => unwritable(join(__dirname, "..", name))),
);
const problem =
  major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
    ? `stagepass needs Node.js ${oldest} or newer; this is ${node}`
    : folders.length > 0 &&
      `the build cannot write ${folders[0]}; give this user write permission, or start an existing build with node bundle/cli.js start`;
if (problem) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
