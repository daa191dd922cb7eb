/**
 * `npm run walk:dockerfile`: runs the Dockerfile's commands without a container engine, each stage in a temporary directory. Then
 * it starts the server with the image's environment, requests a token and stops the server. It needs Git and npm. It does not
 * check the base image, users or permissions.
 */
import { execFileSync, execSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import jsonwebtoken from "jsonwebtoken";

const AUTH_JWT_SECRET = "for this one test server and no other";
const root = mkdtempSync(join(tmpdir(), "stagepass-image-"));
const read = (path) => readFileSync(path, "utf8").replaceAll(/\\\n\s*/g, "");
const lines = (path) => read(path).match(/^[^#\n].*/gm);
const copy = (from, to) => cpSync(from, to, { recursive: true, verbatimSymlinks: true });

const env = { PATH: process.env.PATH, AUTH_JWT_SECRET };
const exec = {};
let folder;
let workdir;
/** Maps the image's paths in a text to the stage's directory. */
const here = (text) => text.replaceAll(/(?<![\w./])\/(?=(app|data)\b)/g, `${folder}/`);

function follow(instruction, text) {
  const words = text.split(" ").filter((word) => !word.startsWith("--"));
  if (instruction === "FROM") {
    folder = join(root, words[2] ?? "last");
    mkdirSync(folder);
    if (/^\w+$/.test(words[0])) copy(join(root, words[0]), folder);
  } else if (instruction === "WORKDIR") {
    workdir = text;
    mkdirSync(here(workdir), { recursive: true });
  } else if (instruction === "COPY") {
    const from = join(root, /--from=(\w+)/.exec(text)?.[1] ?? "context");
    const target = words.pop();
    for (const source of words) {
      const to = target === "./" ? basename(source) : here(target);
      copy(join(from, source), resolve(here(workdir), to));
    }
  } else if (instruction === "RUN") execSync(here(text), { cwd: here(workdir), stdio: "inherit" });
  else if (instruction === "ENV")
    for (const word of words) env[word.split("=")[0]] = here(word.split("=")[1]);
  else if (/^(HEALTHCHECK|ENTRYPOINT|CMD)$/.test(instruction))
    exec[instruction] = JSON.parse(/\[.*/.exec(text)[0]);
}

try {
  const rules = lines(".dockerignore").filter((rule) => rule !== "*");
  const paths = rules.map((rule) => (rule.startsWith("!") ? rule.slice(1) : `:(exclude,glob)${rule}`));
  const tracked = execFileSync("git", ["ls-files", ...paths], { encoding: "utf8" }).match(/.+/g);
  for (const file of tracked) copy(file, join(root, "context", file));
  for (const line of lines("Dockerfile")) {
    console.log(line);
    follow(...line.split(/ (.*)/));
  }
  const options = { cwd: here(workdir), stdio: ["ignore", "pipe", "inherit"] };
  const [program, ...args] = [...exec.ENTRYPOINT, ...exec.CMD];
  const server = spawn(program, args, { ...options, env: { ...env, PORT: "0" } });
  const ended = once(server, "exit");
  const [served] = await Promise.race([once(createInterface(server.stdout), "line"), ended]);
  const { port: PORT } = new URL(String(served).split(" ").at(-1));
  execFileSync(exec.HEALTHCHECK[0], exec.HEALTHCHECK.slice(1), { ...options, env: { ...env, PORT } });
  const caller = { scope: "sessions:create tokens:create", video_grant: { roles: ["PUBLISHER"] } };
  const authorization = `Bearer ${jsonwebtoken.sign(caller, AUTH_JWT_SECRET, { subject: "a", expiresIn: 60 })}`;
  const body = JSON.stringify({ query: "mutation { createSession { generateToken { token } } }" });
  const headers = { "content-type": "application/json", authorization };
  const response = await fetch(`http://127.0.0.1:${PORT}/graphql`, { method: "POST", headers, body });
  const { data, errors } = await response.json();
  server.kill();
  const [code] = await ended;
  if (errors || code !== 0) throw new Error(`${JSON.stringify(errors)}, exit code ${code}`);
  console.log(`ok: the server created a ${Object.keys(data.createSession.generateToken)} and stopped`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
