import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

const PROTOCOL_VERSION = 0x0003_0000;
const SSL_REQUEST = 80_877_103;
const CLEARTEXT_PASSWORD = 3;

/** In lower case: only the parameters that PgBouncer tracks per client. */
const STARTUP_PARAMETERS = new Set([
  "user",
  "database",
  "application_name",
  "client_encoding",
  "datestyle",
  "timezone",
  "standard_conforming_strings",
  "extra_float_digits",
]);

/** How long after a lost connection to PostgreSQL a new one replaces it, in milliseconds. */
const REPLACE_AFTER = 20;

interface ServerConnection {
  readonly socket: Socket;
  /** The client whose transaction uses it. */
  client: Client | null;
}

interface Client {
  readonly socket: Socket;
  /** Messages sent while it had no connection. */
  readonly waiting: Buffer[];
  server: ServerConnection | null;
}

/**
 * A pooler in front of one database, like PgBouncer in transaction mode. A client has one of `size` connections to PostgreSQL only
 * during a transaction, and another one each time. So it loses the connection's state, and other clients get it.
 */
export async function startTransactionPooler(databaseUrl: string, size: number) {
  const url = new URL(databaseUrl);
  /** The longest-idle connection first. */
  const idle: ServerConnection[] = [];
  const line: Client[] = [];
  const sockets = new Set<Socket>();
  let open = true;

  const keep = (socket: Socket, onClose: () => void) => {
    sockets.add(socket);
    // Like PgBouncer: otherwise each query waits 40 ms for an acknowledgement.
    socket.setNoDelay(true);
    // Only that it closes matters.
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      onClose();
    });
  };

  const serveLine = () => {
    for (let server = idle[0], client = line[0]; server && client; server = idle[0], client = line[0]) {
      idle.shift();
      line.shift();
      server.client = client;
      client.server = server;
      server.socket.write(Buffer.concat(client.waiting.splice(0)));
    }
  };

  const giveBack = (server: ServerConnection) => {
    if (server.client) server.client.server = null;
    server.client = null;
    idle.push(server);
    serveLine();
  };

  const connectServer = () => {
    if (!open) return;
    const server: ServerConnection = { socket: connect(Number(url.port), url.hostname), client: null };
    keep(server.socket, () => {
      remove(idle, server);
      server.client?.socket.destroy();
      setTimeout(connectServer, REPLACE_AFTER);
    });
    server.socket.once("connect", () => server.socket.write(startupOf(url)));
    readMessages(
      server.socket,
      () => true,
      (type, bytes) => {
        const asksForPassword = type === "R" && bytes.readInt32BE(5) === CLEARTEXT_PASSWORD;
        if (asksForPassword) server.socket.write(message("p", text(decodeURIComponent(url.password))));
        server.client?.socket.write(bytes);
        if (type === "Z" && bytes.toString("latin1", 5) === "I") giveBack(server);
      },
    );
  };

  const acceptClient = (socket: Socket) => {
    const client: Client = { socket, waiting: [], server: null };
    let welcome = false;
    keep(socket, () => {
      remove(line, client);
      // Another client must not inherit an open transaction.
      client.server?.socket.destroy();
    });
    readMessages(
      socket,
      () => welcome,
      (type, bytes) => {
        if (!welcome) welcome = greet(socket, bytes);
        else if (type === "X") socket.end();
        else if (client.server) client.server.socket.write(bytes);
        else {
          client.waiting.push(bytes);
          if (!line.includes(client)) line.push(client);
          serveLine();
        }
      },
    );
  };

  const listener = createServer(acceptClient);
  await once(listener.listen(0, "127.0.0.1"), "listening");
  for (let i = 0; i < size; i++) connectServer();
  const pooled = new URL(databaseUrl);
  pooled.port = String((listener.address() as AddressInfo).port);

  return {
    /** The database's URL through the pooler. */
    url: pooled.href,
    async close() {
      open = false;
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, "close");
    },
  };
}

export type TransactionPooler = Awaited<ReturnType<typeof startTransactionPooler>>;

/** Answers a client's start-up messages; true after the login. Accepts any password. */
function greet(socket: Socket, bytes: Buffer): boolean {
  const code = bytes.readInt32BE(4);
  if (code === SSL_REQUEST) socket.write("N");
  else if (code !== PROTOCOL_VERSION) socket.destroy();
  if (code !== PROTOCOL_VERSION) return false;
  const words = bytes.toString("utf8", 8).split("\0");
  const names = words.filter((word, i) => i % 2 === 0 && word !== "");
  const refused = names.find((name) => !STARTUP_PARAMETERS.has(name.toLowerCase()));
  if (refused !== undefined) {
    const fields = ["SFATAL", "VFATAL", "C08P01", `Munsupported startup parameter: ${refused}`, ""];
    socket.end(message("E", ...fields.map(text)));
    return false;
  }
  socket.write(message("R", int32(0)));
  socket.write(message("S", text("server_encoding"), text("UTF8")));
  socket.write(message("S", text("client_encoding"), text("UTF8")));
  socket.write(message("K", int32(1), int32(1)));
  socket.write(message("Z", Buffer.from("I")));
  return true;
}

/** Splits a stream into messages with their types; a client's first messages, which have none, get "". */
function readMessages(
  socket: Socket,
  typed: () => boolean,
  take: (type: string, bytes: Buffer) => void,
): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const start = typed() ? 1 : 0;
      const end = rest.length < start + 4 ? Number.POSITIVE_INFINITY : start + rest.readInt32BE(start);
      if (rest.length < end) return;
      const bytes = rest.subarray(0, end);
      rest = rest.subarray(end);
      take(bytes.toString("latin1", 0, start), bytes);
    }
  });
}

function startupOf({ username, pathname }: URL): Buffer {
  const words = ["user", decodeURIComponent(username), "database", decodeURI(pathname.slice(1)), ""];
  return message("", int32(PROTOCOL_VERSION), ...words.map(text));
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(4 + body.length), body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
