import { homedir } from "node:os";
import { PROJECT } from "../../support/credentials.ts";
import type { Wrong } from "./wrong.ts";

const FORM =
  "must be a URL such as postgres://user:password@host:5432/stagepass, or postgres://user:password@a:5432,b:5432/stagepass with several hosts, with the user and the password percent-encoded";
const SLASHES =
  "must have three slashes before an absolute path, such as file:///var/lib/stagepass.db, and none before a relative one, such as file:./data/stagepass.db";
const SQLITE =
  "must begin with file: for SQLite, with no slashes before a relative path: file:./data/stagepass.db or file:/var/lib/stagepass.db";
const OTHER =
  "must be of SQLite, such as file:./data/stagepass.db, or of PostgreSQL, such as postgres://user:password@host:5432/stagepass; Stagepass supports no others";
const PARAMETERS =
  "host, port, user, password, dbname, sslmode, sslrootcert, sslcert, sslkey, sslnegotiation, uselibpqcompat, target_session_attrs, application_name, options";
const MEMORY = "must be :memory: alone for a database that is kept in memory only, without file:";
const URI =
  "must end with the path: parameters of SQLite such as ?mode=ro are not supported, nor is a ? or # in the path";
const PATHS = "must have a path with slashes, without a drive: Stagepass does not read paths of Windows";
const FOLDER = "must name a file, not a folder, such as file:./data/stagepass.db";
const CONTROL = "must not have control characters, such as a line break at its end";

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
    `must not begin with ~, which only a shell expands; write file:${homedir()}/x.db`,
  ],
  [
    "the home folder of another",
    "file:~eve/x.db",
    "must not begin with ~, which only a shell expands; write the whole path",
  ],
  [
    "a variable that nobody expands",
    "file:$HOME/x.db",
    "must not have a variable such as $HOME in the path: it is not expanded here; write the whole path",
  ],
  [
    "percent-encoding in a path",
    "file:./a%20b.db",
    "must not be percent-encoded after file: alone; write the characters, or file:/// and an absolute path",
  ],
  [
    "percent-encoding that is none",
    "file:///var/a%zz.db",
    "must be percent-encoded after file:///, without %2F: write %25 for %",
  ],
  ["an encoded NUL", "file:///var/a%00.db", CONTROL],
  ["a line break in a path", "file:./x\n.db", "has several lines; set only the value, in one line"],
  ["a NUL in a path", "file:./x\u0000.db", CONTROL],
  ["file: before a URL of PostgreSQL", "file:postgres://db/x", "must not have file: before another URL"],
  ["two slashes before a relative path", "file://data/x.db", SLASHES],
  ["two slashes before a dot", "file://./data/x.db", SLASHES],
  ["a path of Windows", "file:C:\\data\\x.db", PATHS],
  ["a drive of Windows", "file:C:/data/x.db", PATHS],
  [
    "no path",
    "file:",
    "must begin with file: in lower case, and the path of the database, such as file:./data/stagepass.db",
  ],
  ["a folder", "file:./data/", FOLDER],
  ["this folder", "file:.", FOLDER],
  [
    "the write-ahead log",
    "file:./data/x.db-wal",
    "must name the database, not the file of SQLite beside it that ends in -wal, -shm or -journal",
  ],
  ["a path alone", "./data/x.db", "must begin with file: before the path, such as file:./data/stagepass.db"],
  [
    "capital letters",
    "FILE:./x.db",
    "must begin with file: in lower case, and the path of the database, such as file:./data/stagepass.db",
  ],
  ["a URL of SQLAlchemy", "sqlite:///x.db", SQLITE],
  ["the scheme sqlite3", "sqlite3:x.db", SQLITE],
  [
    "a URL of JDBC",
    "jdbc:postgresql://db/stagepass",
    "must not begin with jdbc:; write postgres://user:password@host:5432/stagepass or file: and a path",
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
    "must not have the parameter sslmod: did you mean sslmode?",
  ],
  [
    "an sslmode in capital letters",
    "postgres://u:canary@db/x?SSLMODE=require",
    "must not have the parameter SSLMODE: did you mean sslmode?",
  ],
  [
    "an unknown parameter",
    "postgres://u:canary@db/x?hot_standby=on",
    `must not have the parameter hot_standby: it may have ${PARAMETERS}`,
  ],
  [
    "a parameter that may be a part of a password",
    "postgres://u:x@db/x?canary-1=",
    `may have the parameters ${PARAMETERS}, and has another`,
  ],
  [
    "an unknown sslmode",
    "postgres://u:canary@db/x?sslmode=on",
    "must have one of disable, prefer, require, verify-ca, verify-full, no-verify as sslmode",
  ],
  [
    "no sslmode",
    "postgres://u:canary@db/x?sslmode=",
    "must have a value for the parameter sslmode, or leave it out",
  ],
  [
    "two of sslmode",
    "postgres://u:canary@db/x?sslmode=require&sslmode=disable",
    "must have the parameter sslmode once",
  ],
  [
    "ssl of other clients",
    "postgres://u:canary@db/x?ssl=false",
    "must not have the parameter ssl: use sslmode, such as sslmode=verify-full, or sslmode=disable for no TLS",
  ],
  [
    "the schema of Prisma",
    "postgres://u:canary@db/x?schema=public",
    "must not have the parameter schema: use options=-c%20search_path%3D and the schema",
  ],
  [
    "a deadline",
    "postgres://u:canary@db/x?connect_timeout=10",
    "must not have the parameter connect_timeout: leave it out; Stagepass has its own deadlines",
  ],
  [
    "a CA without TLS",
    "postgres://u:canary@db/x?sslmode=disable&sslrootcert=/ca.pem",
    "must not have sslrootcert with sslmode=disable",
  ],
  [
    "a CA that verifies nothing",
    "postgres://u:canary@db/x?sslmode=no-verify&sslrootcert=/ca.pem",
    "must not have sslrootcert with sslmode=no-verify",
  ],
  [
    "a certificate without its key",
    "postgres://u:canary@db/x?sslmode=verify-full&sslcert=/c.pem",
    "must have sslcert and sslkey together, or neither",
  ],
  [
    "no-verify among libpq's modes, where node-postgres would verify",
    "postgres://u:canary@db/x?sslmode=no-verify&uselibpqcompat=true",
    "must have sslmode=require with uselibpqcompat=true, not no-verify",
  ],
  [
    "verify-ca without a CA",
    "postgres://u:canary@db/x?sslmode=verify-ca&uselibpqcompat=true",
    "must have sslrootcert with uselibpqcompat=true and sslmode=verify-ca",
  ],
  [
    "uselibpqcompat=1",
    "postgres://u:canary@db/x?sslmode=require&uselibpqcompat=1",
    "must have true as uselibpqcompat, or leave it out",
  ],
  [
    "TLS over a socket",
    "postgres:///x?host=/tmp&sslmode=require",
    "must not have TLS over a Unix socket: leave out sslmode and the other ssl parameters",
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
    "must name the host once, and not in a parameter as well",
  ],
  [
    "two ports, of which one would win",
    "postgres://u:canary@a:5432/x?port=5433",
    "must name the port once, and not in a parameter as well",
  ],
  [
    "two passwords, of which one would win",
    "postgres://u:x@a/x?password=canary",
    "must name the password once, and not in a parameter as well",
  ],
  ["a port that is none", "postgres://u:canary@a:70000/x", FORM],
  ["a slash in a password", "postgres://u:x/canary@a/x", FORM],
  [
    "a percent sign in a password",
    "postgres://u:canary%@a/x",
    "must be percent-encoded in the user, the password and the database: write %25 for %",
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
