import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./programs.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Whether this machine can create certificates. */
export const HAS_OPENSSL = findProgram(["openssl"], []) !== null;

/** A host's self-signed certificate, as PEM texts, and its path. */
export function selfSigned(host: string): {
  readonly key: string;
  readonly cert: string;
  readonly path: string;
} {
  const { key, cert } = makeCertificate(temporaryFolder(), `DNS:${host}`);
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8"), path: cert };
}

/** Creates a key and a certificate for a name, such as `IP:127.0.0.1`, in a folder. Returns their paths. */
export function makeCertificate(
  folder: string,
  name: string,
): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, "server.key"), join(folder, "server.crt")];
  const made = `req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=stagepass -addext subjectAltName=${name}`;
  execFileSync("openssl", [...made.split(" "), "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { key, cert };
}
