import { spawn } from "node:child_process";
import { once } from "node:events";
import { argumentsOf, fail, mustExist, packageJson, pathOf, runNode } from "./command.js";

/** Starts the server as `npm start` does, stops it once it serves, and fails when it does not. */
async function start([, program = "", ...args]) {
  const child = spawn(process.execPath, [pathOf(program), ...args], {
    env: { PORT: "0", ...process.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
    if (/^Stagepass serves GraphQL at /m.test(output)) child.kill("SIGTERM");
  });
  const [code] = await once(child, "close");
  if (code !== 0 || output === "") fail("the server did not start");
  process.stdout.write(output);
}

/** What a script of package.json runs when it is a program of ours. */
function programOf(name) {
  const script = packageJson.scripts[name];
  if (script === undefined) fail(`package.json has no script ${name}`);
  return /^exec node (\S+) ?(.*)$/
    .exec(script)
    ?.slice(1)
    .flatMap((part) => part.split(" ").filter(Boolean));
}

/** `npm`, as far as the documents use it: it installs nothing, and runs the programs that are built. */
const [command, ...args] = argumentsOf("npm");
if (command === "start") {
  await start(["node", ...(programOf("start") ?? [])]);
} else if (command === "run") {
  const [name, separator, ...others] = args;
  if (separator !== undefined && separator !== "--") fail("npm would take these arguments for its own");
  const program = programOf(name);
  if (program) runNode(program[0], [...program.slice(1), ...others]);
} else if (command === "test") {
  programOf("test");
} else if (["ci", "cit"].includes(command)) {
  mustExist("package-lock.json");
} else if (command === "install") {
  for (const name of args.filter((arg) => !arg.startsWith("-"))) {
    mustExist(`node_modules/${name.replace(/(.)@.*$/, "$1")}/package.json`);
  }
} else {
  fail(`npm has no stand-in for ${command}`);
}
