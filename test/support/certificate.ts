import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./programs.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Whether certificates can be made on this machine. */
export const HAS_OPENSSL = findProgram(["openssl"], []) !== null;

/** A certificate that a host has signed itself, as PEM texts, and the path of it. */
export function selfSigned(host: string): {
  readonly key: string;
  readonly cert: string;
  readonly path: string;
} {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, "server.key"), join(folder, "server.crt")];
  const made = `req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=stagepass -addext subjectAltName=DNS:${host}`;
  execFileSync("openssl", [...made.split(" "), "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8"), path: cert };
}
