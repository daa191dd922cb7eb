import { nearest } from "../errors.ts";

/** The parameters that a URL of PostgreSQL may have. */
const NAMES = [
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslnegotiation",
  "uselibpqcompat",
  "target_session_attrs",
  "application_name",
  "options",
] as const;

/** The parameters that a URL has. */
export type Parameters = { [name in (typeof NAMES)[number]]?: string };

const DEADLINES = "Stagepass has its own deadlines";
const POOL = "DATABASE_POOL_SIZE sets the number of connections";

/** Parameters of other clients, with what to write here. */
const OTHERS: Readonly<Record<string, string>> = {
  ssl: "use sslmode, such as sslmode=verify-full, or sslmode=disable for no TLS",
  channel_binding: "leave it out; sslmode=verify-full verifies the server",
  gssencmode: "leave it out",
  connect_timeout: `leave it out; ${DEADLINES}`,
  statement_timeout: `leave it out; ${DEADLINES}`,
  query_timeout: `leave it out; ${DEADLINES}`,
  lock_timeout: "use options=-c%20lock_timeout%3D and the milliseconds",
  idle_in_transaction_session_timeout: `leave it out; ${DEADLINES}`,
  client_encoding: "leave it out; it is always UTF8",
  schema: "use options=-c%20search_path%3D and the schema",
  currentSchema: "use options=-c%20search_path%3D and the schema",
  pgbouncer: "leave it out; nothing is kept in a connection between transactions",
  connection_limit: `leave it out; ${POOL}`,
  pool_timeout: `leave it out; ${DEADLINES}`,
  pool_size: `leave it out; ${POOL}`,
};

/**
 * The parameters of a URL, each known, once, and with a value.
 *
 * @throws {Error} with the rule, and the nearest name to one that is not known; no value is repeated
 */
export function checkedParameters(given: URLSearchParams): Parameters {
  const parameters: Parameters = {};
  for (const [name, value] of given) {
    if (!isKnown(name)) throw new Error(unknown(name));
    if (parameters[name] !== undefined) throw new Error(`must have the parameter ${name} once`);
    if (value === "") throw new Error(`must have a value for the parameter ${name}, or leave it out`);
    parameters[name] = value;
  }
  return parameters;
}

function isKnown(name: string): name is keyof Parameters {
  return (NAMES as readonly string[]).includes(name);
}

function unknown(name: string): string {
  // Anything else may be part of a password.
  if (!/^[A-Za-z_]{1,40}$/.test(name)) return `may have the parameters ${NAMES.join(", ")}, and has another`;
  const rule = `must not have the parameter ${name}`;
  const meant = nearest(name, [...NAMES, ...Object.keys(OTHERS)]);
  if (meant === undefined) return `${rule}: it may have ${NAMES.join(", ")}`;
  return `${rule}: ${OTHERS[meant] ?? `did you mean ${meant}?`}`;
}
