import { argumentsOf, fail, mustExist, optionValues } from "./command.js";

const COMMANDS = ["build", "exec", "images", "inspect", "load", "logs", "ps", "pull", "rm", "run", "save"];
const COMPOSE_COMMANDS = ["build", "config", "down", "exec", "logs", "ps", "pull", "restart", "run", "up"];
/** Options of `docker compose` that stand before its command and have a value. */
const COMPOSE_OPTIONS = ["-f", "--file", "-p", "--project-name", "--profile", "--env-file"];

/** The command of `docker compose`, after the options that are for all of them. */
function composeCommand(args) {
  for (let i = 0; i < args.length; i += 1) {
    if (COMPOSE_OPTIONS.includes(args[i])) i += 1;
    else if (!args[i].startsWith("-")) return args[i];
  }
  return undefined;
}

/** `docker`, which is not where the tests run: the command is one that there is, and the files that it names exist. */
const [command, ...args] = argumentsOf("docker");
if (command === "compose") {
  const compose = composeCommand(args);
  if (!COMPOSE_COMMANDS.includes(compose)) fail(`docker compose has no command ${compose}`);
  const files = optionValues(args, "-f", "--file");
  for (const file of files.length > 0 ? files : ["compose.yaml"]) mustExist(file);
} else if (!COMMANDS.includes(command)) {
  fail(`docker has no command ${command}`);
} else if (command === "build") {
  const [file = "Dockerfile"] = optionValues(args, "-f", "--file");
  mustExist(file);
  mustExist(args.at(-1));
}
