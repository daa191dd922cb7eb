import { type Advice, adviceOn, DatabaseUnavailable, reasonOf } from "../errors.ts";

const TLS =
  "trust its CA: add sslrootcert=/path/ca.pem to DATABASE_URL, or set NODE_EXTRA_CA_CERTS=/path/ca.pem; sslmode=no-verify encrypts without verifying the server";

const UNREACHED = "check firewalls, or correct the host or the port in DATABASE_URL";

/** What to do, by the SQLSTATE of PostgreSQL or the error code of Node. */
const BY_CODE: Readonly<Record<string, string>> = {
  "28P01": "check the user and the password in DATABASE_URL; percent-encode both",
  "28000": "allow this user and machine in pg_hba.conf, or use another user",
  "3D000": "create it with createdb, or use another database",
  "42501": "make the user the owner of the database, or GRANT the missing privileges",
  "53300": "lower DATABASE_POOL_SIZE, which applies to each replica, or raise max_connections",
  "57P03": "wait until PostgreSQL has started",
  ECONNREFUSED: "start PostgreSQL there, or correct the host or the port in DATABASE_URL",
  ECONNRESET: "PostgreSQL may require TLS: try sslmode=verify-full",
  ENOENT: "start PostgreSQL there, or correct the socket's folder or the port in DATABASE_URL",
  EACCES: "give this user access to the socket's folder",
  ENOTFOUND: "correct the host name in DATABASE_URL",
  EAI_AGAIN: "check DNS on this machine, or correct the host name in DATABASE_URL",
  ETIMEDOUT: UNREACHED,
  EHOSTUNREACH: UNREACHED,
  ENETUNREACH: UNREACHED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TLS,
  SELF_SIGNED_CERT_IN_CHAIN: TLS,
  DEPTH_ZERO_SELF_SIGNED_CERT: TLS,
  UNABLE_TO_GET_ISSUER_CERT: TLS,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TLS,
  CERT_HAS_EXPIRED: "renew PostgreSQL's certificate",
  CERT_NOT_YET_VALID: "correct the clock of this machine, or renew PostgreSQL's certificate",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "use the host name in the certificate; uselibpqcompat=true&sslmode=verify-ca with sslrootcert verifies only the CA",
};

/** What to do, by the message, for problems without a code of their own. */
const BY_MESSAGE: Advice = [
  [/no encryption/, "PostgreSQL requires TLS: add sslmode=verify-full to DATABASE_URL"],
  [
    /permission denied for schema/,
    "make the user the owner of the database, or GRANT CREATE ON SCHEMA public TO it; PostgreSQL 15 and later require this",
  ],
  [/role ".*" does not exist/, "create it with createuser, or use another user"],
  [/Peer authentication failed/, "connect as the user of the operating system, or over TCP with a password"],
  [/does not support SSL/, "turn on TLS in PostgreSQL, or use sslmode=disable on a private network"],
  [
    /password must be a (non-empty )?string|empty password/,
    "add the password to DATABASE_URL: user:password@host",
  ],
  [/timeout expired/, UNREACHED],
];

/** Why PostgreSQL cannot be used, and what to do about it, if that is known. */
export function explained(error: unknown): string {
  const reason = reasonOf(error);
  // Already explained for each host.
  if (error instanceof DatabaseUnavailable) return reason;
  const { code } = (error ?? {}) as { code?: string };
  const advice = adviceOn(reason, BY_MESSAGE) ?? BY_CODE[code ?? ""];
  return advice === undefined ? reason : `${reason}; ${advice}`;
}
