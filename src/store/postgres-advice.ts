import { type Advice, adviceOn, DatabaseUnavailable, reasonOf } from "../errors.ts";

const TLS =
  "trust its CA with sslrootcert=/path/ca.pem in the URL or NODE_EXTRA_CA_CERTS=/path/ca.pem; sslmode=no-verify encrypts without verifying the server";

/** What to do, by the SQLSTATE of PostgreSQL or the code of Node. */
const BY_CODE: Readonly<Record<string, string>> = {
  "28P01": "check the user and the password, percent-encoded",
  "28000": "allow this user and machine in pg_hba.conf, or name another user",
  "3D000": "make it with createdb, or name another",
  "42501": "make the user the owner of the database, or GRANT it what it lacks",
  "53300": "lower DATABASE_POOL_SIZE, which is that of each replica, or raise max_connections",
  "57P03": "wait until it has started",
  ECONNREFUSED: "start PostgreSQL there, or correct the host or the port",
  ECONNRESET: "it may need TLS: try sslmode=verify-full",
  ENOENT: "start PostgreSQL there, or correct the folder of the socket or the port",
  EACCES: "let this user enter the folder of the socket",
  ENOTFOUND: "correct the name of the host",
  EAI_AGAIN: "correct the name of the host, or check DNS on this machine",
  ETIMEDOUT: "check for a firewall, or correct the host or the port",
  EHOSTUNREACH: "check for a firewall, or correct the host",
  ENETUNREACH: "check for a firewall, or correct the host",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TLS,
  SELF_SIGNED_CERT_IN_CHAIN: TLS,
  DEPTH_ZERO_SELF_SIGNED_CERT: TLS,
  UNABLE_TO_GET_ISSUER_CERT: TLS,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TLS,
  CERT_HAS_EXPIRED: "renew the certificate of PostgreSQL",
  CERT_NOT_YET_VALID: "set the clock of this machine, or renew the certificate of PostgreSQL",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "name the host as its certificate does; uselibpqcompat=true&sslmode=verify-ca with sslrootcert verifies the CA alone",
};

/** What to do, by a message that has no code of its own. */
const BY_MESSAGE: Advice = [
  [/no encryption/, "add sslmode=verify-full to the URL: the server wants TLS"],
  [
    /permission denied for schema/,
    "make the user the owner of the database, or GRANT CREATE ON SCHEMA public TO it, which PostgreSQL 15 and later want",
  ],
  [/role ".*" does not exist/, "make it with createuser, or name another user"],
  [
    /Peer authentication failed/,
    "name the user of the operating system, or connect over TCP with a password",
  ],
  [/does not support SSL/, "turn TLS on there; sslmode=disable is for a private network"],
  [
    /password must be a (non-empty )?string|empty password/,
    "add the password to the URL, user:password@host",
  ],
  [/timeout expired/, "check for a firewall, or correct the host or the port"],
];

/** Why PostgreSQL cannot be used, and what to do about it where that is known. */
export function explained(error: unknown): string {
  const reason = reasonOf(error);
  // It is explained already, host by host.
  if (error instanceof DatabaseUnavailable) return reason;
  const { code } = (error ?? {}) as { code?: string };
  const advice = adviceOn(reason, BY_MESSAGE) ?? BY_CODE[code ?? ""];
  return advice === undefined ? reason : `${reason}; ${advice}`;
}
