/**
 * `npm run walk:dockerfile`: does what the Dockerfile says, without a container engine, and then what `docker run` would with
 * the image: makes an API key, starts the server, asks it for a token, and stops it.
 *
 * It cannot show that the base image is as it is thought to be, that the binaries of packages work in it, nor that a container
 * engine keeps the image's files read-only: Node.js and the shell are this machine's, RUN has no privileges, and who may write
 * what is a matter of the files' owners alone.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildContext } from "./build-context.js";
import { container, foldersOf, open, seal, unseal } from "./container.js";
import { parseDockerfile } from "./dockerfile.js";
import { buildImage } from "./image.js";

/** How long the server may take to become healthy, and to stop, as long as `docker stop` waits, in milliseconds. */
const START_LIMIT = 30_000;
const STOP_LIMIT = 10_000;

/** What the image is built with. */
const ARGS = { COMMIT: "0123456789ab" };

const GRANT = { scope: "sessions:create tokens:create", video_grant: { roles: ["PUBLISHER"] } };
const QUERY = "mutation { createSession { sessionId generateToken { token } } }";

const say = (line) => console.log(line);

function check(what, holds) {
  if (!holds) throw new Error(`it does not hold that ${what}`);
  say(`ok: ${what}`);
}

/** Not root, as whom everything could be written. */
function identityFor(stages) {
  if (process.getuid() !== 0) return {};
  const user = stages.at(-1).steps.findLast(({ keyword }) => keyword === "USER")?.text;
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(user ?? "") ?? [];
  if (!Number(uid) || !Number(gid)) throw new Error("Dockerfile: USER must be two numbers, and not root's");
  return { uid: Number(uid), gid: Number(gid) };
}

/** What npm needs to reach its registry, which a container engine's network has of its own. */
function npmEnvironment(folder) {
  const config = JSON.parse(
    execFileSync("npm", ["config", "list", "--json"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  const names = ["registry", "proxy", "https-proxy", "noproxy", "cafile", "strict-ssl"];
  const said = names.filter(
    (name) => config[name] !== null && config[name] !== undefined && String(config[name]) !== "",
  );
  const home = join(folder, "home");
  mkdirSync(home);
  return {
    PATH: process.env.PATH,
    HOME: home,
    npm_config_cache: join(home, "npm"),
    npm_config_update_notifier: "false",
    ...Object.fromEntries(
      said.map((name) => [`npm_config_${name.replaceAll("-", "_")}`, String(config[name])]),
    ),
    ...(process.env.NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS }),
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return String(port);
}

async function becomesHealthy(server, healthy) {
  const end = performance.now() + START_LIMIT;
  while (performance.now() < end && server.child.exitCode === null) {
    if (await healthy()) return true;
    await sleep(100);
  }
  say(server.output());
  return false;
}

async function asks(port, key) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ query: QUERY }),
  });
  return { status: response.status, body: await response.json() };
}

async function use(image, identity) {
  const port = await freePort();
  const { start, healthy, canWrite } = container(image, identity, { PORT: port });
  const folders = foldersOf(image).filter((path) => !path.includes("node_modules/"));
  for (const path of folders) if (await canWrite(path)) throw new Error(`its user can write ${path}`);
  check(`the image's user can write none of ${folders.join(" ")}`, folders.length > 0);
  for (const path of image.volumes) check(`it can write ${path}`, await canWrite(path));
  check("HEALTHCHECK fails while nothing is started", !(await healthy()));

  const version = await start(["--version"]).exited;
  check("it says which commit it is of", version.output.endsWith(` (${ARGS.COMMIT})\n`));
  const refused = await start().exited;
  check(
    "without authentication it does not start",
    refused.code === 1 && /^HOST: .*\nNODE_ENV: /.test(refused.output),
  );
  const made = await start(["keys", "create", "--name", "first", "--grant", JSON.stringify(GRANT)]).exited;
  if (made.code !== 0) throw new Error(made.output);
  const [key] = made.output.split("\n");

  const server = start();
  try {
    check("HEALTHCHECK succeeds once it is started", await becomesHealthy(server, healthy));
    check("it answers nobody without a key", (await asks(port)).status === 401);
    const { body } = await asks(port, key);
    check(
      "it creates a session with a token",
      /^[\w.-]{100,}$/.test(body.data?.createSession.generateToken.token),
    );
    server.child.kill("SIGTERM");
    const stopped = await Promise.race([server.exited, sleep(STOP_LIMIT, null, { ref: false })]);
    check("it stops at SIGTERM with exit code 0", stopped?.code === 0);
    check("HEALTHCHECK then fails", !(await healthy()));
  } finally {
    server.child.kill("SIGKILL");
  }
}

const context = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
const folder = open(mkdtempSync(join(tmpdir(), "stagepass-image-")));
try {
  const stages = parseDockerfile(readFileSync(join(context, "Dockerfile"), "utf8"));
  const identity = identityFor(stages);
  const env = npmEnvironment(folder);
  if (identity.uid !== undefined) execFileSync("chown", [`${identity.uid}:${identity.gid}`, env.HOME]);
  const sources = buildContext(context);
  const image = buildImage(stages, { folder, context, sources, identity, env, args: ARGS, say });
  seal(image, identity);
  const size = execFileSync("du", ["-sm", image.root], { encoding: "utf8" }).split("\t")[0];
  say(`The image has ${size} MB on top of its base`);
  await use(image, identity);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  unseal(folder);
  rmSync(folder, { recursive: true, force: true });
}
