/**
 * `node tied.js <program>`: that program, which is told to end when whoever started it has gone, even where that was killed and
 * could not tell it.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

process.stdin.resume().once("end", () => process.kill(process.pid, "SIGTERM"));
await import(pathToFileURL(resolve(process.argv[2])).href);
