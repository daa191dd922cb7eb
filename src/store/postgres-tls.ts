import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import { reasonOf } from "../errors.ts";
import type { Parameters } from "./postgres-parameters.ts";

/** The TLS settings of connections to PostgreSQL. */
export interface PostgresTls {
  /** What to verify: nothing, only that a trusted CA signed the server's certificate, or also the name of the host. */
  readonly verifies: "nothing" | "ca" | "host";
  /** Paths of PEM files. Without `sslrootcert`, Node's CAs apply; without the others, the client has no certificate. */
  readonly sslrootcert?: string;
  readonly sslcert?: string;
  readonly sslkey?: string;
  /** Whether connections start with TLS directly, which PostgreSQL 17 and later support. */
  readonly direct: boolean;
}

const MODES = ["disable", "prefer", "require", "verify-ca", "verify-full", "no-verify"] as const;
type Mode = (typeof MODES)[number];

/** The parameters that name files. */
const FILES = ["sslrootcert", "sslcert", "sslkey"] as const;

/**
 * The TLS settings in a URL's parameters, as node-postgres understands them; null for no TLS. Every mode except `disable` and
 * `no-verify` verifies the host, unless `uselibpqcompat=true` gives the modes libpq's weaker meanings.
 *
 * @throws {Error} with the violated rule
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
  if (mode !== undefined && !isMode(mode)) throw new Error(`sslmode must be one of ${MODES.join(", ")}`);
  if (!["postgres", "direct"].includes(sslnegotiation))
    throw new Error("sslnegotiation must be postgres or direct");
  if ((sslcert === undefined) !== (sslkey === undefined))
    throw new Error("sslcert and sslkey must be set together");
  const files = FILES.filter((name) => parameters[name] !== undefined);
  const unverified = files.filter(
    (name) => mode === "disable" || (mode === "no-verify" && name === "sslrootcert"),
  );
  if (unverified.length > 0)
    throw new Error(`sslmode=${mode} does not allow ${unverified.join(", ")}; use sslmode=verify-full`);
  const direct = sslnegotiation === "direct";
  if (direct && (mode === undefined || mode === "disable"))
    throw new Error("sslnegotiation=direct requires TLS; use sslmode=verify-full");
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
  if (given !== "true") throw new Error("uselibpqcompat must be true; otherwise remove it");
  if (mode === undefined) throw new Error("uselibpqcompat=true requires sslmode");
  if (mode === "no-verify")
    throw new Error("uselibpqcompat=true has no sslmode=no-verify; use sslmode=require");
  if (mode === "verify-ca" && ca === undefined)
    throw new Error("uselibpqcompat=true with sslmode=verify-ca requires sslrootcert");
  if (mode === "verify-full") return "host";
  return mode === "verify-ca" || (mode === "require" && ca !== undefined) ? "ca" : "nothing";
}

/**
 * The options of a TLS connection. Reads the files each time, so that renewed certificates are used.
 *
 * @throws {Error} with the file that cannot be read or used
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
    throw new Error(`sslrootcert=${path} has no certificate in PEM format`);
  }
}

function contentOf(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`${name}=${path} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}
