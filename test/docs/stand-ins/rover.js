import { existsSync } from "node:fs";
import { argumentsOf, fail, optionValues } from "./command.js";

const COMMANDS = ["subgraph check", "subgraph publish", "supergraph compose"];

/** As Rover asks a subgraph for its schema. */
async function introspect(url, headers) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: "query SubgraphIntrospectQuery { _service { sdl } }" }),
  });
  const { data, errors } = await response.json();
  if (errors) fail(errors.map(({ message }) => message).join("\n"));
  process.stdout.write(`${data._service.sdl}\n`);
}

/** `rover`, which npm does not install: it asks as the real one does, and otherwise looks whether files are there. */
const args = argumentsOf("rover");
const command = args.slice(0, 2).join(" ");
if (command === "subgraph introspect") {
  const headers = optionValues(args, "--header", "-H").map((header) => header.split(/: *(.*)/s).slice(0, 2));
  await introspect(args[2], Object.fromEntries(headers));
} else if (!COMMANDS.includes(command)) {
  fail(`rover has no stand-in for ${command}`);
} else {
  for (const file of optionValues(args, "--schema", "--config")) {
    if (file !== "-" && !existsSync(file)) fail(`there is no ${file}`);
  }
}
