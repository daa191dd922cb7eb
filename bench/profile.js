/** What the server's time goes to while it is asked for as many tokens as it can make. */
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { costs } from "./costs.js";
import { rate } from "./load.js";
import { localServer } from "./local-server.js";
import { urlIn, withPrograms } from "./programs.js";
import { SESSION_ID } from "./project.js";
import { requestFor, tryOut } from "./query.js";

const WARM_UP_SECONDS = 8;
const SECONDS = 8;
const FUNCTIONS = 10;

/** Profiles the warm server of the comparison over HTTP, and prints the costliest functions and what each package costs. */
export async function profile() {
  const request = requestFor(SESSION_ID);
  const file = join(tmpdir(), `stagepass-${process.pid}.cpuprofile`);
  await withPrograms([{ ...localServer(), script: "profiled-server.js" }], async ({ line, ask }) => {
    const url = urlIn(line);
    await tryOut(url, request);
    await rate(url, request, WARM_UP_SECONDS);
    await ask("begin");
    await rate(url, request, SECONDS);
    await ask(file);
  });
  const { functions, packages } = costs(JSON.parse(readFileSync(file, "utf8")));
  console.table(functions.slice(0, FUNCTIONS));
  console.table(packages);
  console.log(`The whole profile, for Chrome's developer tools for example: ${file}`);
}
