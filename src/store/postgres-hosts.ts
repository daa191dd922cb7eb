import pg from "pg";
import { Deadline } from "./deadline.ts";
import { tlsOptions } from "./postgres-tls.ts";
import type { PostgresAddress, PostgresHost } from "./postgres-url.ts";

/**
 * The hosts of one database. New connections go to the host that the last one was made to, so that an old primary that
 * comes back gets none; after a failure they go to the next host.
 */
export class Hosts {
  readonly #hosts: readonly PostgresHost[];
  #next = 0;
  #used: PostgresHost | undefined;
  #trusted = new WeakSet<pg.ClientBase>();

  /** @param hosts at least one, in the order in which they are tried */
  constructor(hosts: readonly PostgresHost[]) {
    this.#hosts = hosts;
  }

  get count(): number {
    return this.#hosts.length;
  }

  /** The host that the next connection goes to. */
  get next(): PostgresHost {
    return this.#hosts[this.#next] as PostgresHost;
  }

  /** Whether connections go to another host since one to this host was begun: an old primary may wake up only now. */
  isLeft(host: PostgresHost): boolean {
    return this.#used !== undefined && host !== this.#used && host !== this.next;
  }

  /** A connection was made and checked. If its host is another than before, no connection to that is used again. */
  connected(client: pg.ClientBase, host: PostgresHost): void {
    if (host !== this.#used) this.#trusted = new WeakSet();
    this.#used = host;
    this.#trusted.add(client);
  }

  /** A connection to this host could not be made, or not be used. */
  failed(host: PostgresHost | undefined): void {
    if (host === this.next) this.#next = (this.#next + 1) % this.count;
  }

  /** Whether a connection may be used: no fault of its server was found since it was made. */
  trusts(client: pg.ClientBase): boolean {
    return this.#trusted.has(client);
  }

  /**
   * After a fault of a connection's server, all connections are suspect, and the next one goes to another host. A connection
   * that was suspect already says nothing new.
   */
  distrust(client: pg.ClientBase): void {
    if (!this.trusts(client)) return;
    this.#trusted = new WeakSet();
    this.failed(this.#used);
  }
}

/** What a new connection is asked, once. */
const CHECK = `select current_setting('server_encoding') as encoding,
  current_setting('transaction_read_only') = 'on' as "readOnly"`;

/**
 * The class of connections for a pool. Each goes to the next host, and is checked before the pool has it.
 *
 * @param patience how long the connection and its check may take together, in milliseconds
 */
export function clientTo(hosts: Hosts, address: PostgresAddress, patience: number): typeof pg.Client {
  class Checked extends pg.Client {
    readonly #host: PostgresHost;

    constructor(config: pg.ClientConfig) {
      const host = hosts.next;
      super({ ...config, ...connectionTo(host, address), connectionTimeoutMillis: patience });
      this.#host = host;
      // The pool does not listen during the check, and an error that nobody listens to ends the process.
      this.on("error", () => {});
    }

    override connect(): Promise<pg.Client>;
    override connect(done: (error: Error | null) => void): void;
    override connect(done?: (error: Error | null) => void): Promise<pg.Client> {
      const connected = this.#connect();
      if (done) connected.then(() => done(null), done);
      return connected;
    }

    async #connect(): Promise<pg.Client> {
      const deadline = new Deadline(patience);
      try {
        await super.connect();
        // pg's types lack query_timeout, which its client reads.
        const query = { text: CHECK, query_timeout: deadline.left };
        const [found] = (await this.query<{ encoding: string; readOnly: boolean }>(query)).rows;
        if (found?.encoding !== "UTF8")
          throw new Error(
            `its encoding must be UTF8, and is ${found?.encoding}: make another, with TEMPLATE template0`,
          );
        if (found.readOnly && address.target === "read-write") throw new Error(READ_ONLY);
        if (hosts.isLeft(this.#host)) throw new Error("another host is used by now");
        hosts.connected(this, this.#host);
        return this;
      } catch (error) {
        hosts.failed(this.#host);
        void this.end().catch(() => {});
        throw error;
      }
    }
  }
  // The pool also makes clients in events, where an error ends the process.
  function checkedOrFailing(config: pg.ClientConfig): pg.Client {
    try {
      return new Checked(config);
    } catch (error) {
      return failing(error);
    }
  }
  return checkedOrFailing as unknown as typeof pg.Client;
}

/**
 * All that node-postgres would else take from the environment, such as `PGSSLMODE`, or from `~/.pgpass`: only `DATABASE_URL` says how
 * the database is reached.
 */
function connectionTo({ host, port }: PostgresHost, address: PostgresAddress): pg.ClientConfig {
  const { user, password, database, tls, settings } = address;
  return {
    application_name: "stagepass",
    ...settings,
    host,
    port,
    user,
    database,
    password: password ?? (() => ""),
    ssl: tls === null ? false : tlsOptions(tls),
    client_encoding: "UTF8",
    // pg's types lack it.
    ...{ sslnegotiation: tls?.direct ? "direct" : "postgres" },
  };
}

/** A client that cannot connect: the file of a certificate cannot be read now. */
function failing(error: unknown): pg.Client {
  const connect = (done: (error: unknown) => void) => setImmediate(done, error);
  return Object.assign(new pg.Client(), { connect });
}

const READ_ONLY = "it is read-only (a standby, or default_transaction_read_only): name the primary";
