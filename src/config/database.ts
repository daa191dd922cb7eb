import { type DatabaseAddress, parseDatabaseUrl } from "../store/database-address.ts";
import type { PostgresAddress } from "../store/postgres-url.ts";
import type { Environment } from "./environment.ts";

/** The database that `DATABASE_URL` names. */
export function databaseOf(env: Environment): DatabaseAddress {
  const address = env.read("DATABASE_URL", parseDatabaseUrl, NONE);
  if (address.engine === "postgres") refuseOthersOf(address, env);
  return address;
}

/** Where there is a problem. */
const NONE: DatabaseAddress = { engine: "sqlite", file: null };

/** The variables of libpq and node-postgres, and the part of a URL that says the same; none does for the last two. */
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

/** A URL wins over these variables, as with psql; what it does not say must not come from elsewhere, such as whether there is TLS. */
function refuseOthersOf({ said }: PostgresAddress, env: Environment): void {
  for (const [name, part] of Object.entries(VARIABLES) as [`PG${string}`, string][]) {
    if (!env.has(name) || said.has(part)) continue;
    env.problem(
      name,
      part === "" ? "must not be set" : `is not read: put the ${part} into DATABASE_URL, or unset it`,
    );
  }
}
