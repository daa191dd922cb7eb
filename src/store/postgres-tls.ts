import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import { reasonOf } from "../errors.ts";
import type { Parameters } from "./postgres-parameters.ts";

/** How connections to PostgreSQL are protected. */
export interface PostgresTls {
  /** What is verified of the server: nothing, that a trusted CA signed its certificate, or that it is also for this host. */
  readonly verifies: "nothing" | "ca" | "host";
  /** Paths of PEM files; absent for Node's own CAs, and for no certificate of the client. */
  readonly sslrootcert?: string;
  readonly sslcert?: string;
  readonly sslkey?: string;
  /** Whether TLS begins at once, as PostgreSQL 17 and later can. */
  readonly direct: boolean;
}

const MODES = ["disable", "prefer", "require", "verify-ca", "verify-full", "no-verify"] as const;
type Mode = (typeof MODES)[number];

/** The parameters that name files. */
const FILES = ["sslrootcert", "sslcert", "sslkey"] as const;

/**
 * What the parameters say about TLS, as node-postgres understands them; null for none. There every mode but `disable` and `no-verify`
 * verifies the host, unless `uselibpqcompat=true` gives the modes the weaker meanings that they have for libpq.
 *
 * @throws {Error} with the rule that they break
 */
export function tlsOf(parameters: Parameters): PostgresTls | null {
  const {
    sslmode: mode,
    sslrootcert,
    sslcert,
    sslkey,
    sslnegotiation = "postgres",
    uselibpqcompat,
  } = parameters;
  if (mode !== undefined && !isMode(mode)) throw new Error(`must have one of ${MODES.join(", ")} as sslmode`);
  if (!["postgres", "direct"].includes(sslnegotiation))
    throw new Error("must have postgres or direct as sslnegotiation");
  if ((sslcert === undefined) !== (sslkey === undefined))
    throw new Error("must have sslcert and sslkey together, or neither");
  const files = FILES.filter((name) => parameters[name] !== undefined);
  const unverified = files.filter(
    (name) => mode === "disable" || (mode === "no-verify" && name === "sslrootcert"),
  );
  if (unverified.length > 0) throw new Error(`must not have ${unverified.join(", ")} with sslmode=${mode}`);
  const direct = sslnegotiation === "direct";
  if (direct && (mode === undefined || mode === "disable"))
    throw new Error("must have sslmode=verify-full with sslnegotiation=direct");
  const strict = mode === "no-verify" ? "nothing" : "host";
  const verifies = uselibpqcompat === undefined ? strict : verifiedByLibpq(mode, sslrootcert, uselibpqcompat);
  if (mode === "disable" || (mode === undefined && files.length === 0)) return null;
  return {
    verifies,
    ...(sslrootcert && { sslrootcert }),
    ...(sslcert && { sslcert }),
    ...(sslkey && { sslkey }),
    direct,
  };
}

function isMode(text: string): text is Mode {
  return (MODES as readonly string[]).includes(text);
}

function verifiedByLibpq(
  mode: Mode | undefined,
  ca: string | undefined,
  given: string,
): PostgresTls["verifies"] {
  if (given !== "true") throw new Error("must have true as uselibpqcompat, or leave it out");
  if (mode === undefined) throw new Error("must have sslmode with uselibpqcompat=true");
  if (mode === "no-verify")
    throw new Error("must have sslmode=require with uselibpqcompat=true, not no-verify");
  if (mode === "verify-ca" && ca === undefined)
    throw new Error("must have sslrootcert with uselibpqcompat=true and sslmode=verify-ca");
  if (mode === "verify-full") return "host";
  return mode === "verify-ca" || (mode === "require" && ca !== undefined) ? "ca" : "nothing";
}

/**
 * The options of a TLS connection. The files are read each time, so that renewed certificates are used.
 *
 * @throws {Error} naming a file that cannot be read or used
 */
export function tlsOptions({ verifies, sslrootcert, sslcert, sslkey }: PostgresTls): ConnectionOptions {
  const options = {
    rejectUnauthorized: verifies !== "nothing",
    ...(verifies === "ca" && { checkServerIdentity: () => undefined }),
    ...(sslrootcert && { ca: authority(sslrootcert) }),
  };
  if (sslcert === undefined || sslkey === undefined) return options;
  const own = { cert: contentOf("sslcert", sslcert), key: contentOf("sslkey", sslkey) };
  try {
    createSecureContext(own);
  } catch (error) {
    throw new Error(`sslcert=${sslcert} and sslkey=${sslkey} cannot be used together: ${reasonOf(error)}`);
  }
  return { ...options, ...own };
}

function authority(path: string): string {
  const content = contentOf("sslrootcert", path);
  try {
    new X509Certificate(content);
    return content;
  } catch {
    throw new Error(`sslrootcert=${path} has no certificate in PEM`);
  }
}

function contentOf(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`${name}=${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}
