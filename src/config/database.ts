import { type DatabaseAddress, parseDatabaseUrl } from "../store/database-address.ts";
import type { PostgresAddress } from "../store/postgres-url.ts";
import type { Environment } from "./environment.ts";

/** The database that `DATABASE_URL` names. */
export function databaseOf(env: Environment): DatabaseAddress {
  const address = env.read("DATABASE_URL", parseDatabaseUrl, NONE);
  if (address.engine === "postgres") refuseOthersOf(address, env);
  return address;
}

/** The address if `DATABASE_URL` has a problem. */
const NONE: DatabaseAddress = { engine: "sqlite", file: null };

/** The variables of libpq and node-postgres, with the equivalent part of a URL. The last two have none. */
const VARIABLES: Readonly<Record<`PG${string}`, string>> = {
  PGUSER: "user",
  PGPASSWORD: "password",
  PGPASSFILE: "password",
  PGPORT: "port",
  PGSSLMODE: "sslmode",
  PGSSLROOTCERT: "sslrootcert",
  PGSSLCERT: "sslcert",
  PGSSLKEY: "sslkey",
  PGSSLNEGOTIATION: "sslnegotiation",
  PGOPTIONS: "options",
  PGAPPNAME: "application_name",
  PGTARGETSESSIONATTRS: "target_session_attrs",
  PGREPLICATION: "",
  PGBINARY: "",
};

/** Refuses variables that would fill a gap in the URL, such as the TLS mode. The URL overrides them, as in psql. */
function refuseOthersOf({ said }: PostgresAddress, env: Environment): void {
  for (const [name, part] of Object.entries(VARIABLES) as [`PG${string}`, string][]) {
    if (!env.has(name) || said.has(part)) continue;
    env.problem(
      name,
      part === "" ? "must not be set" : `is not read: put the ${part} into DATABASE_URL, or unset it`,
    );
  }
}
