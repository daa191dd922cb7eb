/** HTTP/1.1 on bare sockets. Cheaper for the load's core than a client, and able to misbehave. */
import { once } from "node:events";
import { connect } from "node:net";

/** Opens a connection. */
export async function open(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setNoDelay();
  await once(socket, "connect");
  return socket;
}

/** The bytes of a request. */
export function bytesOf(url, { method, path = new URL(url).pathname, headers, body }) {
  const all = { host: new URL(url).host, ...headers, "content-length": Buffer.byteLength(body) };
  const lines = Object.entries(all).map((pair) => pair.join(": "));
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** Calls back for each answer on a connection without pipelining, with the head and the beginning of the body. */
export function onAnswers(socket, hear) {
  let beginning = "";
  let left;
  socket.on("data", (chunk) => {
    if (left === undefined) {
      beginning += chunk.toString("latin1");
      const head = beginning.indexOf("\r\n\r\n") + 4;
      if (head < 4) return;
      left = head + Number(/content-length: *(\d+)/i.exec(beginning)?.[1] ?? 0) - beginning.length;
    } else {
      left -= chunk.length;
    }
    if (left > 0) return;
    hear(beginning);
    beginning = "";
    left = undefined;
  });
}
