import { type Advice, adviceOn } from "../errors.ts";
import { isSocket, type PostgresAddress, postgresAddress } from "./postgres-url.ts";
import { CONTROL, MEMORY, sqlitePath, WITHOUT_CONTROL } from "./sqlite-url.ts";

/** The address of the database. */
export type DatabaseAddress =
  | {
      readonly engine: "sqlite";
      /** The absolute path of the file; null for a database in memory. */
      readonly file: string | null;
    }
  | PostgresAddress;

const FORMS =
  "must be a path such as file:./data/stagepass.db, or a URL such as postgres://user:password@host:5432/stagepass, or :memory:";

/** Forms of URLs that are not supported, with what to write instead. */
const OTHER_FORMS: Advice = [
  [
    /^jdbc:/i,
    "must not begin with jdbc:; use postgres://user:password@host:5432/stagepass or file:./data/stagepass.db",
  ],
  [
    /^(sqlite3?|libsql|better-sqlite3?):/i,
    "must begin with file: for SQLite, such as file:./data/stagepass.db or file:/var/lib/stagepass.db",
  ],
  [
    /^(mysql|mariadb|sqlserver|mssql|mongodb(\+srv)?|redis|oracle|cockroachdb):/i,
    "must be SQLite, such as file:./data/stagepass.db, or PostgreSQL, such as postgres://user:password@host:5432/stagepass",
  ],
  [
    /^(postgres(ql)?|postgress(ql)?|postgre|pgsql|psql|pg)(\+\w+)?:/i,
    "must begin with postgres:// for PostgreSQL",
  ],
  [
    /(^|\s)(host|dbname|user)\s*=/i,
    "must be a URL such as postgres://user:password@host:5432/stagepass, not a list such as host=… dbname=…",
  ],
  [/^file:/i, "must be file: in lower case and a path, such as file:./data/stagepass.db"],
  [/^[./~\w-]*\.(db|sqlite3?)$/i, "must begin with file:, such as file:./data/stagepass.db"],
];

/**
 * Parses the URL of a database: `file:` and a path, `:memory:`, or `postgres://` as in libpq. Refuses syntax that only a shell,
 * SQLite or another client would understand.
 *
 * @throws {Error} with the violated rule, without any part that may be a password
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  if (CONTROL.test(url)) throw new Error(WITHOUT_CONTROL);
  if (url === MEMORY) return { engine: "sqlite", file: null };
  if (/^postgres(ql)?:\/\//.test(url)) return postgresAddress(url);
  if (/^file:./.test(url)) return { engine: "sqlite", file: sqlitePath(url) };
  throw new Error(adviceOn(url, OTHER_FORMS) ?? FORMS);
}

/** The address for people to read, without credentials. */
export function describeAddress(address: DatabaseAddress): string {
  if (address.engine === "sqlite") return address.file ?? "memory";
  const hosts = address.hosts.map((each) => {
    // As psql shows it: without brackets, a slash in a host would look like the start of the database.
    if (isSocket(each)) return `[${each.host}]${each.port === 5432 ? "" : `:${each.port}`}`;
    const host = each.host.includes(":") ? `[${each.host}]` : each.host;
    return each.port === 5432 ? host : `${host}:${each.port}`;
  });
  return `${hosts.join(",")}/${address.database}`;
}
