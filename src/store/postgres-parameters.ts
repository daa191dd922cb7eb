import { nearest } from "../errors.ts";

/** The supported parameters of a PostgreSQL URL. */
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

/** The parameters of a URL. */
export type Parameters = { [name in (typeof NAMES)[number]]?: string };

const DEADLINES = "Stagepass has its own time limits";
const POOL = "DATABASE_POOL_SIZE sets the number of connections";

/** Parameters of other clients, with advice. */
const OTHERS: Readonly<Record<string, string>> = {
  ssl: "use sslmode, such as sslmode=verify-full, or sslmode=disable for no TLS",
  channel_binding: "remove it; sslmode=verify-full verifies the server",
  gssencmode: "remove it",
  connect_timeout: `remove it; ${DEADLINES}`,
  statement_timeout: `remove it; ${DEADLINES}`,
  query_timeout: `remove it; ${DEADLINES}`,
  lock_timeout: "use options=-c%20lock_timeout%3D and the milliseconds",
  idle_in_transaction_session_timeout: `remove it; ${DEADLINES}`,
  client_encoding: "remove it; it is always UTF8",
  schema: "use options=-c%20search_path%3D and the schema",
  currentSchema: "use options=-c%20search_path%3D and the schema",
  pgbouncer: "remove it; Stagepass keeps nothing in a connection between transactions",
  connection_limit: `remove it; ${POOL}`,
  pool_timeout: `remove it; ${DEADLINES}`,
  pool_size: `remove it; ${POOL}`,
};

/**
 * Reads the parameters of a URL. Each must be supported, be set once and have a value.
 *
 * @throws {Error} with the violated rule, and the nearest name to an unknown one, without any value
 */
export function checkedParameters(given: URLSearchParams): Parameters {
  const parameters: Parameters = {};
  for (const [name, value] of given) {
    if (!isKnown(name)) throw new Error(unknown(name));
    if (parameters[name] !== undefined) throw new Error(`must set the parameter ${name} once`);
    if (value === "")
      throw new Error(`has no value for the parameter ${name}; set one, or remove the parameter`);
    parameters[name] = value;
  }
  return parameters;
}

function isKnown(name: string): name is keyof Parameters {
  return (NAMES as readonly string[]).includes(name);
}

function unknown(name: string): string {
  // Anything else may be part of a password.
  if (!/^[A-Za-z_]{1,40}$/.test(name))
    return `has an unsupported parameter; the supported ones are ${NAMES.join(", ")}`;
  const rule = `has the unsupported parameter ${name}`;
  const meant = nearest(name, [...NAMES, ...Object.keys(OTHERS)]);
  if (meant === undefined) return `${rule}; the supported ones are ${NAMES.join(", ")}`;
  return `${rule}: ${OTHERS[meant] ?? `did you mean ${meant}?`}`;
}
