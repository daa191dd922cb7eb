import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An answer as received on a socket. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of the query that it answers
  body: any;
}

/** The bytes of a GraphQL request by POST. */
export function rawRequest(body: string, credential: string, length = Buffer.byteLength(body)): Buffer {
  const head = [
    "POST /graphql HTTP/1.1",
    "host: localhost",
    `authorization: Bearer ${credential}`,
    "content-type: application/json",
    `content-length: ${length}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** A connection that sends requests as bytes, and gets answers one after the other. */
export class RawConnection {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;

  constructor(origin: string) {
    const { hostname, port } = new URL(origin);
    this.socket = connect(Number(port), hostname);
    this.socket.on("error", () => {});
    this.socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    this.socket.on("close", () => {
      this.#closed = true;
    });
  }

  /** Whether the server has closed it. */
  get closed(): boolean {
    return this.#closed;
  }

  #take(): RawAnswer | null {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end === -1) return null;
    const [first = "", ...lines] = this.#received.subarray(0, end).toString().split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const start = end + 4;
    const length = Number(headers["content-length"]);
    if (this.#received.length < start + length) return null;
    const text = this.#received.subarray(start, start + length).toString();
    this.#received = this.#received.subarray(start + length);
    return { status: Number(first.split(" ")[1]), headers, body: JSON.parse(text) };
  }

  /** The next answer. */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const answer = this.#take();
      if (answer) return answer;
      if (this.#closed) throw new Error("the connection was closed without an answer");
      const either = new AbortController();
      const { signal } = either;
      const events = ["data", "close"].map((event) => once(this.socket, event, { signal }));
      await Promise.race(events);
      either.abort();
      await Promise.allSettled(events);
    }
  }

  destroy(): void {
    this.socket.destroy();
  }
}
