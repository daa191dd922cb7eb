/**
 * Writes npm-shrinkwrap.json, which `npm pack` and `npm publish` do first: whoever installs the package from a registry then has
 * the versions that it was built and tested with, and an audit of theirs is about these. It is package-lock.json, which no
 * package may have, without what only those who work on it need.
 *
 * From a file npm looks into no shrinkwrap. So what newer versions need more than Node.js 20 for is held back by a dependency in
 * package.json, and not in `overrides`, which are for this repository alone.
 */
import { readFileSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
delete lock.packages[""].devDependencies;
lock.packages = Object.fromEntries(Object.entries(lock.packages).filter(([, { dev }]) => !dev));
writeFileSync("npm-shrinkwrap.json", `${JSON.stringify(lock, null, 2)}\n`);
