import pg from "pg";
import { Deadline } from "./deadline.ts";

/**
 * The hosts of one database. New connections go to the host that the last one was made to, so that an old primary that
 * comes back gets none; after a failure they go to the next host.
 */
export class Hosts {
  readonly #urls: readonly string[];
  #next = 0;
  #used: string | undefined;
  #trusted = new WeakSet<pg.ClientBase>();

  /** @param urls one for each host, in the order in which they are tried */
  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  get count(): number {
    return this.#urls.length;
  }

  /** The URL that the next connection goes to. */
  get next(): string {
    return this.#urls[this.#next] ?? "";
  }

  /** Whether connections go to another host since one to this URL was begun: an old primary may wake up only now. */
  isLeft(url: string): boolean {
    return this.#used !== undefined && url !== this.#used && url !== this.next;
  }

  /** A connection was made and checked. If its host is another than before, no connection to that is used again. */
  connected(client: pg.ClientBase, url: string): void {
    if (url !== this.#used) this.#trusted = new WeakSet();
    this.#used = url;
    this.#trusted.add(client);
  }

  /** A connection to this URL could not be made, or not be used. */
  failed(url: string): void {
    if (url === this.next) this.#next = (this.#next + 1) % this.count;
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
    this.failed(this.#used ?? "");
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
export function clientTo(hosts: Hosts, target: "read-write" | "any", patience: number): typeof pg.Client {
  class Checked extends pg.Client {
    readonly #url: string;

    constructor(config: pg.ClientConfig) {
      const url = hosts.next;
      super({ ...config, connectionString: url, connectionTimeoutMillis: patience });
      this.#url = url;
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
          throw new Error(`its encoding must be UTF8, and is ${found?.encoding}`);
        if (found.readOnly && target === "read-write") throw new Error(READ_ONLY);
        if (hosts.isLeft(this.#url)) throw new Error("another host is used by now");
        hosts.connected(this, this.#url);
        return this;
      } catch (error) {
        hosts.failed(this.#url);
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

/** A client that cannot connect: the URL names the file of a certificate that cannot be read now. */
function failing(error: unknown): pg.Client {
  const connect = (done: (error: unknown) => void) => setImmediate(done, error);
  return Object.assign(new pg.Client(), { connect });
}

const READ_ONLY = "it is read-only (a standby, or default_transaction_read_only)";
