import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "rolldown";

/** The folder of the package that a module is of, where it is of one. */
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
/** A file whose text must go with the code; a few packages have none. */
const NOTICE = /^(licen[cs]e|notice|copying)\b.*(?<!\.js)$/i;

/** The package.json of a folder. */
function packageOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** The name, the version, the author and the licence of a package, with the texts that it has of that. */
function noticeOf(folder) {
  const read = (file) => readFileSync(join(folder, file), "utf8").trim();
  const { name, version, license, licenses, author } = packageOf(folder);
  const title = `${name} ${version} (${license ?? licenses.map(({ type }) => type).join(", ")})`;
  const texts = readdirSync(folder).filter((file) => NOTICE.test(file));
  const by = author ? [`By ${author.name ?? author}`] : [];
  return [title, ...by, ...texts.map(read)].join("\n\n");
}

/** Writes what the licences of the packages want to go with their code, of those whose modules are in the bundle. */
const thirdParties = {
  name: "third-party-licenses",
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((chunk) => chunk.moduleIds ?? []);
    const folders = new Set(modules.flatMap((id) => PACKAGE.exec(id.replaceAll("\\", "/"))?.[0] ?? []));
    // Some packages are there more than once, in one version.
    const notices = new Set([...folders].map(noticeOf).sort());
    const source = `${[...notices].join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
    this.emitFile({ type: "asset", fileName: "THIRD-PARTY-LICENSES.txt", source });
  },
};

/** The commit of this build: from COMMIT, which an image is built with, or from the repository of this folder, if it has one. */
function commit() {
  if (process.env.COMMIT) return process.env.COMMIT;
  // Not that of a folder around this one.
  if (!existsSync(join(import.meta.dirname, ".git"))) return "unknown";
  try {
    const describe = ["describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"];
    return execFileSync("git", describe, {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}

/** Puts the program into a few files: it starts in 0.3 seconds, and from the 1,400 modules of `dist` in 0.7. */
export default defineConfig({
  input: "dist/cli.js",
  platform: "node",
  external: [
    // Has a binary for each platform.
    "libsql/promise",
    // For those who have PostgreSQL.
    "pg",
    // For those who have a router. Parts of it have a licence under which this package does not hand code on (Elastic-2.0).
    "@apollo/subgraph",
    // type-graphql asks for it where it validates, which it does not do here.
    "class-validator",
    // Looks for Node's own hashes by the loader of modules, and in a bundle takes its own, which are slow.
    "@apollo/utils.createhash",
  ],
  transform: {
    define: {
      STAGEPASS_VERSION: JSON.stringify(packageOf(import.meta.dirname).version),
      STAGEPASS_COMMIT: JSON.stringify(commit()),
    },
  },
  // The maps are for whoever looks into the build: nothing that is delivered names them.
  output: { dir: "bundle", cleanDir: true, sourcemap: "hidden" },
  plugins: [thirdParties],
});
