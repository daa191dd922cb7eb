import { argumentsOf, fail, mustExist, packageJson, runNode } from "./command.js";

/** `npx`, for this package's own program and for those that its dependencies bring. */
const [command, ...args] = argumentsOf("npx").filter((arg) => !/^(-y|--yes)$/.test(arg));
const { name, bin = {} } = packageJson;
const program = typeof bin === "string" ? { [name]: bin }[command] : bin[command];
if (program) runNode(program, args);
else if (command === name) fail("package.json names no program");
else mustExist(`node_modules/.bin/${command}`);
