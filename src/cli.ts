#!/usr/bin/env node
// Only what old versions of Node.js can read: everything else is loaded after the check.

/** The oldest Node.js that works; `engines` of package.json says the same. */
const OLDEST = "20.19";

const [major, minor] = process.versions.node.split(".").map(Number) as [number, number];
const [oldestMajor, oldestMinor] = OLDEST.split(".").map(Number) as [number, number];

if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) {
  void import("./cli/begin.ts");
} else {
  process.stderr.write(`stagepass needs Node.js ${OLDEST} or newer; this is ${process.versions.node}\n`);
  process.exitCode = 1;
}
