import pg from "pg";
import { Deadline } from "./deadline.ts";
import { tlsOptions } from "./postgres-tls.ts";
import type { PostgresAddress, PostgresHost } from "./postgres-url.ts";

/**
 * The hosts of one database. New connections go to the host of the latest connection, so that a former primary
 * that comes back gets none. After a failure they go to the next host.
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

  /** Whether new connections no longer go to this host, as when a former primary answers late. */
  isLeft(host: PostgresHost): boolean {
    return this.#used !== undefined && host !== this.#used && host !== this.next;
  }

  /** Notes a new, checked connection. If the host has changed, connections to the previous host are not used again. */
  connected(client: pg.ClientBase, host: PostgresHost): void {
    if (host !== this.#used) this.#trusted = new WeakSet();
    this.#used = host;
    this.#trusted.add(client);
  }

  /** Notes that a connection to this host could not be made or used. */
  failed(host: PostgresHost | undefined): void {
    if (host === this.next) this.#next = (this.#next + 1) % this.count;
  }

  /** Whether a connection may be used: its server has shown no fault since it was made. */
  trusts(client: pg.ClientBase): boolean {
    return this.#trusted.has(client);
  }

  /**
   * Notes a fault of a connection's server. All connections become suspect, and the next one goes to another host. A connection
   * that was already suspect changes nothing.
   */
  distrust(client: pg.ClientBase): void {
    if (!this.trusts(client)) return;
    this.#trusted = new WeakSet();
    this.failed(this.#used);
  }
}

/** The query that checks a new connection, once. */
const CHECK = `select current_setting('server_encoding') as encoding,
  current_setting('transaction_read_only') = 'on' as "readOnly"`;

/**
 * The pool's class of connections. Each connects to the next host and is checked before the pool gets it.
 *
 * @param patience the limit for connecting and checking together, in milliseconds
 */
export function clientTo(hosts: Hosts, address: PostgresAddress, patience: number): typeof pg.Client {
  class Checked extends pg.Client {
    readonly #host: PostgresHost;

    constructor(config: pg.ClientConfig) {
      const host = hosts.next;
      super({ ...config, ...connectionTo(host, address), connectionTimeoutMillis: patience });
      this.#host = host;
      // The pool does not listen during the check, and an unhandled error event ends the process.
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
            `its encoding is ${found?.encoding} and must be UTF8; create another database with ENCODING 'UTF8' TEMPLATE template0`,
          );
        if (found.readOnly && address.target === "read-write") throw new Error(READ_ONLY);
        if (hosts.isLeft(this.#host)) throw new Error("connections now go to another host");
        hosts.connected(this, this.#host);
        return this;
      } catch (error) {
        hosts.failed(this.#host);
        void this.end().catch(() => {});
        throw error;
      }
    }
  }
  // The pool also creates clients in event handlers, where a thrown error ends the process.
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
 * Complete options, so that node-postgres takes none from variables such as `PGSSLMODE` or from `~/.pgpass`. Only
 * `DATABASE_URL` says how to reach the database.
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

/** A client that fails to connect, for a certificate file that cannot be read. */
function failing(error: unknown): pg.Client {
  const connect = (done: (error: unknown) => void) => setImmediate(done, error);
  return Object.assign(new pg.Client(), { connect });
}

const READ_ONLY =
  "it is read-only (a standby, or default_transaction_read_only is on); set DATABASE_URL to the primary";
