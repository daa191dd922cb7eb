/**
 * The stages of a Dockerfile as folders: each is what its image has, with `/` in a folder of its own. A path of the image stands
 * for that in the folder, wherever the Dockerfile says it, so that no privilege is needed, and no file outside is touched.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { execForm, problem } from "./dockerfile.js";

/**
 * @typedef {{ uid: number, gid: number } | Record<string, never>} Identity who runs commands; nobody else when there is none
 * @typedef {{ root: string, workdir: string, env: Record<string, string>, args: Record<string, string>, user: string, owners: [string, string][],
 *   volumes: string[], labels: Record<string, string>, entrypoint: string[], cmd: string[],
 *   health: { command: string[], timeout: number } | null }} Image
 */

/** How many lines of what a command printed are told when it fails. */
const LAST_LINES = 40;

/** Folders of the host in which a command may look by their path in the image. */
const PROGRAMS = /^\/(usr\/)?bin\//;

/**
 * Does the steps of all stages.
 *
 * @param {import("./dockerfile.js").Stage[]} stages
 * @param {{ folder: string, context: string, sources: (source: string) => string[], identity: Identity,
 *   env: Record<string, string>, args: Record<string, string>, say: (line: string) => void }} builder where to put the stages'
 *   folders, what to copy from, who runs the commands, with what environment beside the image's, and the build's arguments
 * @returns {Image} the last stage's
 */
export function buildImage(stages, builder) {
  const directories = imageDirectories(stages);
  /** @type {Map<string, Image>} */
  const images = new Map();
  for (const { name, base, steps } of stages) {
    const root = join(builder.folder, name);
    mkdirSync(root);
    const image = startFrom(images.get(base), root);
    own(root, builder.identity);
    builder.say(`FROM ${base} AS ${name}${images.has(base) ? "" : " (this machine instead)"}`);
    for (const step of steps) {
      builder.say(`${step.keyword} ${step.text}`);
      DO[step.keyword](image, step, { ...builder, images, directories });
    }
    images.set(name, image);
  }
  const last = images.get(stages.at(-1).name);
  last.env = Object.fromEntries(
    Object.entries(last.env).map(([name, value]) => [name, inFolder(value, last.root, directories)]),
  );
  return last;
}

function startFrom(base, root) {
  const empty = {
    workdir: "/",
    env: {},
    args: {},
    user: "root",
    owners: [],
    volumes: [],
    labels: {},
    entrypoint: [],
    cmd: [],
    health: null,
  };
  if (base === undefined) return { ...empty, root };
  cpSync(base.root, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  return { ...structuredClone(base), args: {}, root };
}

const DO = {
  WORKDIR(image, step, { identity }) {
    image.workdir = posix.resolve(image.workdir, step.text);
    make(join(image.root, image.workdir), image.root, identity);
  },
  COPY(image, step, builder) {
    const sources = step.words.slice(0, -1);
    const said = step.words.at(-1);
    const path = posix.resolve(image.workdir, said);
    const into = said.endsWith("/") || sources.length > 1;
    for (const source of sources) {
      if (/[*?[]/.test(source)) throw problem(step, `has a pattern, which is not known here: ${source}`);
      const copied = step.flags.from === undefined ? copyFromContext : copyFromStage;
      copied(image, step, source, { path, into }, builder);
    }
    if (step.flags.chown !== undefined) image.owners.push([path, step.flags.chown]);
    if (builder.identity.uid !== undefined) own(join(image.root, path), builder.identity);
  },
  RUN(image, step, { identity, env, directories }) {
    const command = inFolder(step.text, image.root, directories);
    for (const [, path] of command.matchAll(/(?:^|[\s=:'"])(\/[\w.-][^\s'"]*)/g)) {
      if (!path.startsWith(image.root) && !PROGRAMS.test(path))
        throw problem(step, `has a path outside the folder: ${path}`);
    }
    const { status, error, stdout, stderr } = spawnSync("/bin/sh", ["-c", command], {
      cwd: join(image.root, image.workdir),
      env: { ...env, ...image.args, ...image.env },
      ...identity,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0) {
      const said = `${stdout ?? ""}${stderr ?? ""}`.split("\n").slice(-LAST_LINES).join("\n");
      throw problem(step, `failed with ${error?.message ?? status}:\n${said}`);
    }
  },
  ARG(image, step, { args }) {
    const [name, value = ""] = step.text.split(/=(.*)/s);
    image.args[name] = args[name] ?? value;
  },
  ENV(image, step) {
    Object.assign(image.env, step.pairs);
  },
  LABEL(image, step) {
    Object.assign(image.labels, step.pairs);
  },
  VOLUME(image, step, { identity }) {
    if (step.words.length !== 1 || !step.text.startsWith("/")) throw problem(step, "must be one path from /");
    image.volumes.push(step.text);
    make(join(image.root, step.text), image.root, identity);
  },
  EXPOSE(_image, step) {
    if (!/^\d+$/.test(step.text)) throw problem(step, "must be one port");
  },
  USER(image, step) {
    image.user = step.text;
  },
  HEALTHCHECK(image, step) {
    if (step.words[0] !== "CMD") throw problem(step, "must be CMD");
    const seconds = /^(\d+)s$/.exec(step.flags.timeout ?? "30s")?.[1];
    if (seconds === undefined) throw problem(step, "has a timeout that is not in seconds");
    image.health = {
      command: execForm(step, step.text.slice("CMD".length)),
      timeout: Number(seconds) * 1000,
    };
  },
  ENTRYPOINT(image, step) {
    image.entrypoint = execForm(step);
    image.cmd = [];
  },
  CMD(image, step) {
    image.cmd = execForm(step);
  },
};

function copyFromContext(image, step, source, { path, into }, { context, sources }) {
  const files = sources(source);
  if (files.length === 0) throw problem(step, `finds no ${source} that .dockerignore lets through`);
  const isFolder = statSync(join(context, source)).isDirectory();
  for (const file of files) {
    const inside = isFolder ? posix.relative(source, file) : into ? posix.basename(file) : "";
    cpSync(join(context, file), join(image.root, path, inside), { verbatimSymlinks: true });
  }
}

function copyFromStage(image, step, source, { path, into }, { images }) {
  const from = images.get(step.flags.from);
  if (from === undefined) throw problem(step, `is from ${step.flags.from}, which is no stage before it`);
  const origin = join(from.root, source);
  const isFolder = statSync(origin).isDirectory();
  const target = join(image.root, path, into && !isFolder ? posix.basename(source) : "");
  cpSync(origin, target, { recursive: true, verbatimSymlinks: true });
}

/** Every folder that the Dockerfile says is one, from `/`. */
function imageDirectories(stages) {
  const said = stages
    .flatMap(({ steps }) => steps)
    .filter(({ keyword }) => ["WORKDIR", "VOLUME"].includes(keyword));
  return said.map(({ text }) => text).filter((path) => path.startsWith("/"));
}

/** A text with the paths of the image as those of its folder. */
function inFolder(text, root, directories) {
  if (directories.length === 0) return text;
  const known = directories.map((path) => path.replace(/[.+]/g, "\\$&")).join("|");
  return text.replace(new RegExp(`(?<![\\w./-])(?:${known})(?![\\w.-])`, "g"), (path) => join(root, path));
}

function make(path, root, identity) {
  mkdirSync(path, { recursive: true });
  for (let made = path; made.startsWith(root); made = dirname(made)) own(made, identity, []);
}

/** Gives a file, or a folder and all in it, to who runs the commands, if that is not who runs this. */
function own(path, { uid, gid }, options = ["-R"]) {
  if (uid !== undefined) execFileSync("chown", ["-h", ...options, `${uid}:${gid}`, path]);
}
