import { argumentsOf, fail, mustExist, packageJson, runNode } from "./command.js";

/** The commands that the documents use, with their options: those that stand alone, and those that have a value. */
const COMMANDS = {
  build: { alone: [], valued: ["-t", "-f", "--build-arg"] },
  run: {
    alone: ["--rm", "-d", "--init", "--read-only"],
    valued: ["-v", "-p", "--name", "--cap-drop", "--security-opt"],
  },
  "compose up": { alone: ["-d"], valued: [] },
};

/** The values of the options before the first argument that is none, and what follows these. */
function split(args, { alone, valued }) {
  const values = {};
  let next = 0;
  while (args[next]?.startsWith("-")) {
    const name = args[next];
    if (valued.includes(name)) {
      values[name] = args[next + 1] ?? fail(`${name} needs a value`);
      next += 2;
    } else if (alone.includes(name)) next += 1;
    else fail(`no document uses ${name}; docker.js of the stand-ins has the options`);
  }
  return { values, rest: args.slice(next) };
}

/** `docker`, which is not where the tests run: files and options are those that there are, and the image's program is run. */
const args = argumentsOf("docker");
const command = args.slice(0, args[0] === "compose" ? 2 : 1).join(" ");
const options = COMMANDS[command] ?? fail(`no document uses docker ${command}`);
const { values, rest } = split(args.slice(command.split(" ").length), options);
if (command === "compose up") {
  if (rest.length > 0) fail("compose.yaml is started as a whole");
  mustExist("compose.yaml");
} else if (command === "build") {
  if (rest.length !== 1) fail("docker build needs one folder");
  mustExist(values["-f"] ?? "Dockerfile");
  mustExist(rest[0]);
} else {
  const [image, ...program] = rest;
  if (image !== packageJson.name) fail(`no image is called ${image}`);
  if (program.length > 0) runNode(packageJson.bin[image], program);
}
