#!/usr/bin/env node
// Old versions of Node.js must be able to parse this file, so it loads the rest after the check.

/** The oldest supported version of Node.js, as in `engines` of package.json. */
const OLDEST = "20.19";

const [major, minor] = process.versions.node.split(".").map(Number) as [number, number];
const [oldestMajor, oldestMinor] = OLDEST.split(".").map(Number) as [number, number];

if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) {
  void import("./cli/begin.ts");
} else {
  process.stderr.write(`stagepass needs Node.js ${OLDEST} or newer; this is ${process.versions.node}\n`);
  process.exitCode = 1;
}
