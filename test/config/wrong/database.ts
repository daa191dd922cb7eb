import { homedir } from "node:os";
import { PROJECT } from "../../support/credentials.ts";
import type { Wrong } from "./wrong.ts";

const FORM =
  "must be a URL such as postgres://user:password@host:5432/stagepass, with the user and the password percent-encoded (several hosts: a:5432,b:5432)";
const SLASHES =
  "must have three slashes before an absolute path (file:///var/lib/stagepass.db) and none before a relative path (file:./data/stagepass.db)";
const SQLITE =
  "must begin with file: for SQLite, such as file:./data/stagepass.db or file:/var/lib/stagepass.db";
const OTHER =
  "must be SQLite, such as file:./data/stagepass.db, or PostgreSQL, such as postgres://user:password@host:5432/stagepass";
const PARAMETERS =
  "host, port, user, password, dbname, sslmode, sslrootcert, sslcert, sslkey, sslnegotiation, uselibpqcompat, target_session_attrs, application_name, options";
const MEMORY = "must be :memory: for a database in memory, without file: or parameters";
const URI = "must not have ? or #: parameters of SQLite such as ?mode=ro are not supported";
const PATHS = "must not be a Windows path: write slashes, without a drive letter";
const FOLDER = "must be a file, not a folder, such as file:./data/stagepass.db";
const CONTROL = "must not have control characters, such as a line break at the end";

/** A URL that is wrong, by what a person did. */
const URLS: readonly [what: string, url: string, says: string][] = [
  ["a parameter of SQLite", "file:./x.db?mode=ro", URI],
  ["a parameter of SQLite after three slashes", "file:///var/lib/x.db?cache=shared", URI],
  ["a fragment in the path of SQLite", "file:./x.db#main", URI],
  ["SQLite's own way to say memory", "file::memory:", MEMORY],
  ["SQLite's own way to say a shared memory", "file::memory:?cache=shared", MEMORY],
  ["memory by a parameter", "file:x?mode=memory", MEMORY],
  [
    "a home folder",
    "file:~/x.db",
    `must not begin with ~: only a shell expands it; write file:${homedir()}/x.db`,
  ],
  [
    "the home folder of another",
    "file:~eve/x.db",
    "must not begin with ~: only a shell expands it; write the whole path",
  ],
  [
    "a variable that nobody expands",
    "file:$HOME/x.db",
    "must not have a variable such as $HOME: only a shell expands it; write the whole path",
  ],
  [
    "percent-encoding in a path",
    "file:./a%20b.db",
    "must not be percent-encoded after file:; write the characters themselves, or file:/// and an absolute path",
  ],
  [
    "percent-encoding that is none",
    "file:///var/a%zz.db",
    "must be percent-encoded after file:///, without %2F; write %25 for %",
  ],
  ["an encoded NUL", "file:///var/a%00.db", CONTROL],
  ["a line break in a path", "file:./x\n.db", "has several lines; set only the value, in one line"],
  ["a NUL in a path", "file:./x\u0000.db", CONTROL],
  [
    "file: before a URL of PostgreSQL",
    "file:postgres://db/x",
    "must not have file: before another URL; remove it",
  ],
  ["two slashes before a relative path", "file://data/x.db", SLASHES],
  ["two slashes before a dot", "file://./data/x.db", SLASHES],
  ["a path of Windows", "file:C:\\data\\x.db", PATHS],
  ["a drive of Windows", "file:C:/data/x.db", PATHS],
  ["no path", "file:", "must be file: in lower case and a path, such as file:./data/stagepass.db"],
  ["a folder", "file:./data/", FOLDER],
  ["this folder", "file:.", FOLDER],
  ["the write-ahead log", "file:./data/x.db-wal", "must name the database, without -wal, -shm or -journal"],
  ["a path alone", "./data/x.db", "must begin with file:, such as file:./data/stagepass.db"],
  [
    "capital letters",
    "FILE:./x.db",
    "must be file: in lower case and a path, such as file:./data/stagepass.db",
  ],
  ["a URL of SQLAlchemy", "sqlite:///x.db", SQLITE],
  ["the scheme sqlite3", "sqlite3:x.db", SQLITE],
  [
    "a URL of JDBC",
    "jdbc:postgresql://db/stagepass",
    "must not begin with jdbc:; use postgres://user:password@host:5432/stagepass or file:./data/stagepass.db",
  ],
  ["MySQL", "mysql://root@db/stagepass", OTHER],
  ["MongoDB", "mongodb+srv://db/stagepass", OTHER],
  ["a misspelt scheme", "postgress://u:canary@db/x", "must begin with postgres:// for PostgreSQL"],
  [
    "the scheme of a driver",
    "postgresql+psycopg2://u:canary@db/x",
    "must begin with postgres:// for PostgreSQL",
  ],
  ["one slash", "postgres:/db/x", "must begin with postgres:// for PostgreSQL"],
  [
    "a list of libpq",
    "host=db user=u password=canary dbname=x",
    "must be a URL such as postgres://user:password@host:5432/stagepass, not a list such as host=… dbname=…",
  ],
  [
    "a misspelt sslmode, which would turn TLS off",
    "postgres://u:canary@db/x?sslmod=require",
    "has the unsupported parameter sslmod: did you mean sslmode?",
  ],
  [
    "an sslmode in capital letters",
    "postgres://u:canary@db/x?SSLMODE=require",
    "has the unsupported parameter SSLMODE: did you mean sslmode?",
  ],
  [
    "an unknown parameter",
    "postgres://u:canary@db/x?hot_standby=on",
    `has the unsupported parameter hot_standby; the supported ones are ${PARAMETERS}`,
  ],
  [
    "a parameter that may be a part of a password",
    "postgres://u:x@db/x?canary-1=",
    `has an unsupported parameter; the supported ones are ${PARAMETERS}`,
  ],
  [
    "an unknown sslmode",
    "postgres://u:canary@db/x?sslmode=on",
    "sslmode must be one of disable, prefer, require, verify-ca, verify-full, no-verify",
  ],
  [
    "no sslmode",
    "postgres://u:canary@db/x?sslmode=",
    "has no value for the parameter sslmode; set one, or remove the parameter",
  ],
  [
    "two of sslmode",
    "postgres://u:canary@db/x?sslmode=require&sslmode=disable",
    "must set the parameter sslmode once",
  ],
  [
    "ssl of other clients",
    "postgres://u:canary@db/x?ssl=false",
    "has the unsupported parameter ssl: use sslmode, such as sslmode=verify-full, or sslmode=disable for no TLS",
  ],
  [
    "the schema of Prisma",
    "postgres://u:canary@db/x?schema=public",
    "has the unsupported parameter schema: use options=-c%20search_path%3D and the schema",
  ],
  [
    "a deadline",
    "postgres://u:canary@db/x?connect_timeout=10",
    "has the unsupported parameter connect_timeout: remove it; Stagepass has its own time limits",
  ],
  [
    "a CA without TLS",
    "postgres://u:canary@db/x?sslmode=disable&sslrootcert=/ca.pem",
    "sslmode=disable does not allow sslrootcert; use sslmode=verify-full",
  ],
  [
    "a CA that verifies nothing",
    "postgres://u:canary@db/x?sslmode=no-verify&sslrootcert=/ca.pem",
    "sslmode=no-verify does not allow sslrootcert; use sslmode=verify-full",
  ],
  [
    "a certificate without its key",
    "postgres://u:canary@db/x?sslmode=verify-full&sslcert=/c.pem",
    "sslcert and sslkey must be set together",
  ],
  [
    "no-verify among libpq's modes, where node-postgres would verify",
    "postgres://u:canary@db/x?sslmode=no-verify&uselibpqcompat=true",
    "uselibpqcompat=true has no sslmode=no-verify; use sslmode=require",
  ],
  [
    "verify-ca without a CA",
    "postgres://u:canary@db/x?sslmode=verify-ca&uselibpqcompat=true",
    "uselibpqcompat=true with sslmode=verify-ca requires sslrootcert",
  ],
  [
    "uselibpqcompat=1",
    "postgres://u:canary@db/x?sslmode=require&uselibpqcompat=1",
    "uselibpqcompat must be true; otherwise remove it",
  ],
  [
    "TLS over a socket",
    "postgres:///x?host=/tmp&sslmode=require",
    "must not have TLS over a Unix socket; remove sslmode and the other ssl parameters",
  ],
  [
    "no database",
    "postgres://u:canary@db:5432",
    "must name the database after the host, such as postgres://user:password@host:5432/stagepass",
  ],
  [
    "no host",
    "postgres://u:canary@/x",
    "must name the host: postgres://user:password@host:5432/stagepass, or ?host= and the folder of a Unix socket",
  ],
  [
    "two hosts, of which one would win",
    "postgres://u:canary@a/x?host=b",
    "must set the host once; remove it from the parameters",
  ],
  [
    "two ports, of which one would win",
    "postgres://u:canary@a:5432/x?port=5433",
    "must set the port once; remove it from the parameters",
  ],
  [
    "two passwords, of which one would win",
    "postgres://u:x@a/x?password=canary",
    "must set the password once; remove it from the parameters",
  ],
  ["a port that is none", "postgres://u:canary@a:70000/x", FORM],
  ["a slash in a password", "postgres://u:x/canary@a/x", FORM],
  [
    "a percent sign in a password",
    "postgres://u:canary%@a/x",
    "must percent-encode the user, the password and the database; write %25 for %",
  ],
];

/** Variables that node-postgres would read where the URL is silent. */
const VARIABLES: readonly [name: string, value: string, part: string][] = [
  ["PGSSLMODE", "require", "sslmode"],
  ["PGPASSWORD", "canary", "password"],
  ["PGPORT", "5433", "port"],
  ["PGUSER", "eve", "user"],
  ["PGOPTIONS", "-c search_path=other", "options"],
];

/** Of the database. */
export const DATABASE: readonly Wrong[] = [
  ...URLS.map(([what, url, says]) => ({ what, env: { DATABASE_URL: url }, says: `DATABASE_URL: ${says}` })),
  ...VARIABLES.map(([name, value, part]) => ({
    what: `${name}, which the URL does not say`,
    env: { ...PROJECT, DATABASE_URL: "postgres://db/x", [name]: value },
    says: `${name}: is not read: put the ${part} into DATABASE_URL, or unset it`,
  })),
  {
    what: "PGREPLICATION",
    env: { ...PROJECT, DATABASE_URL: "postgres://u:x@db/x", PGREPLICATION: "database" },
    says: "PGREPLICATION: must not be set",
  },
];
