import { once } from "node:events";
import { copyFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { DatabaseUnavailable, reasonOf } from "../../src/errors.ts";
import { openDatabase, openForMaintenance } from "../../src/store/database.ts";
import { parseDatabaseUrl } from "../../src/store/database-address.ts";
import type { Database } from "../../src/store/engine.ts";
import { clientTo, Hosts } from "../../src/store/postgres-hosts.ts";
import { freePort } from "../support/postgres.ts";
import { postgresWithTls } from "../support/postgres-tls.ts";
import { findProgram } from "../support/programs.ts";
import { newDatabaseUrl, sharedPostgres } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const READ_ONLY = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY";

const opened = async (
  url: string,
  open: typeof openDatabase = openDatabase,
  poolSize = 4,
): Promise<Database> => {
  const database = await open(parseDatabaseUrl(url), { poolSize });
  onTestFinished(() => database.kysely.destroy());
  return database;
};

const write = ({ kysely }: Database) =>
  sql`insert into ledger_checks (id, checked_at) values (1, 1) on conflict (id) do nothing`.execute(kysely);

const withHosts = (url: string, before: string) => url.replace("127.0.0.1", `${before},127.0.0.1`);

describe("the connections of a pool", () => {
  it("are all replaced after one of them turned out to be read-only", async () => {
    const database = await opened(await newDatabaseUrl("PostgreSQL"));
    await Promise.all(
      [1, 2, 3, 4].map(() =>
        database.kysely.connection().execute(async (connection) => {
          await sql`select pg_sleep(0.3)`.execute(connection);
          await sql.raw(READ_ONLY).execute(connection);
        }),
      ),
    );
    expect(database.engine.pool().idle).toBe(4);
    const error = await write(database).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(reasonOf(error)).toMatch(/read-only transaction/);
    for (let i = 0; i < 4; i++) await write(database);
  });

  it("go to the first host that can be used", async () => {
    const url = await newDatabaseUrl("PostgreSQL");
    const dead = `127.0.0.1:${await freePort()}`;
    await write(await opened(withHosts(url, `nohost.invalid,${dead}`)));
  });

  it("tell of every host why it cannot be used", async () => {
    const [dead, dead2] = [await freePort(), await freePort()];
    const url = `postgres://u:p@127.0.0.1:${dead},127.0.0.1:${dead2}/db`;
    const ports = `127\\.0\\.0\\.1:${dead}.*; .*127\\.0\\.0\\.1:${dead2}`;
    await expect(openDatabase(parseDatabaseUrl(url))).rejects.toThrow(new RegExp(ports));
  });

  it("go to a host that only reads for a command alone, where target_session_attrs=any says so", async () => {
    const postgres = await sharedPostgres();
    const url = await newDatabaseUrl("PostgreSQL");
    await postgres.query(
      `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET default_transaction_read_only = on`,
    );
    await expect(openForMaintenance(parseDatabaseUrl(url))).rejects.toThrow(/it is read-only/);
    await expect(openDatabase(parseDatabaseUrl(url))).rejects.toThrow(/it is read-only/);
    const any = `${url}?target_session_attrs=any`;
    await expect(openDatabase(parseDatabaseUrl(any))).rejects.toThrow(
      /target_session_attrs=any works only for commands/,
    );
    const { kysely } = await opened(any, openForMaintenance);
    expect(await kysely.selectFrom("issued_tokens").selectAll().execute()).toEqual([]);
  });
});

it.skipIf(findProgram(["openssl"], []) === null)(
  "sslmode=verify-full checks the name of the host that is connected to",
  async () => {
    const { port, url, certificate } = await postgresWithTls();
    const secure = (hosts: string) =>
      `${url.replace(`127.0.0.1:${port}`, hosts)}?sslmode=verify-full&sslrootcert=${certificate}`;
    const wrong = `localhost:${port}`;
    await expect(openDatabase(parseDatabaseUrl(secure(wrong)))).rejects.toThrow(
      /does not match certificate's altnames: Host: localhost/,
    );
    await write(await opened(secure(`${wrong},127.0.0.1:${port}`)));
  },
);
it("a host that wakes up after another one is in use gets no connection", async () => {
  const url = await newDatabaseUrl("PostgreSQL");
  const upstream = Number(new URL(url).port);
  const held: Socket[] = [];
  const asleep = createServer((socket) => held.push(socket));
  await once(asleep.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void asleep.close());
  const old = url.replace(`:${upstream}/`, `:${(asleep.address() as AddressInfo).port}/`);
  const address = parseDatabaseUrl(
    url.replace(`127.0.0.1:${upstream}`, `${new URL(old).host},127.0.0.1:${upstream}`),
  );
  if (address.engine !== "postgres") throw new Error("it is not PostgreSQL");
  const hosts = new Hosts(address.hosts);
  const Client = clientTo(hosts, address, 5000);
  const late = new Client({}).connect();
  await expect.poll(() => held.length).toBe(1);
  hosts.failed(address.hosts[0]);
  const client = new Client({});
  await client.connect();
  onTestFinished(() => client.end());
  for (const socket of held) {
    const server = connect(upstream, "127.0.0.1");
    socket.pipe(server).pipe(socket);
  }
  await expect(late).rejects.toThrow("connections now go to another host");
  expect([hosts.trusts(client), hosts.next]).toEqual([true, address.hosts[1]]);
});

describe("a use of the database", () => {
  it("fails while the file of a certificate is gone, and ends no process", async () => {
    const file = join(temporaryFolder(), "ca.pem");
    const { url, certificate } = await postgresWithTls();
    copyFileSync(certificate, file);
    const database = await opened(`${url}?sslmode=verify-full&sslrootcert=${file}`, undefined, 1);
    const lost = database.kysely.connection().execute(async (connection) => {
      await sql`select 1`.execute(connection);
      rmSync(file);
      await expect.poll(() => database.engine.pool().waiting).toBe(1);
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(connection);
    });
    // Its connection is begun when the other one is gone.
    const waiting = sql`select 1`.execute(database.kysely);
    await expect(lost).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(reasonOf(await waiting.catch((error: unknown) => error))).toBe(
      `sslrootcert=${file} cannot be read: ENOENT`,
    );
    copyFileSync(certificate, file);
    await write(database);
  });

  it("waits for no connection after its deadline, however many hosts there are", async () => {
    const url = (await newDatabaseUrl("PostgreSQL")).replace(/@([^/]+)/, "@$1,$1");
    const database = await opened(url, undefined, 1);
    let leave = () => {};
    const used = database.kysely
      .connection()
      .execute(() => new Promise<void>((resolve) => (leave = resolve)));
    await expect.poll(() => database.engine.pool().used).toBe(1);
    await expect(write(database)).rejects.toBeInstanceOf(DatabaseUnavailable);
    await expect.poll(() => database.engine.pool().waiting, { timeout: 1500 }).toBe(0);
    leave();
    await used;
  });
});
