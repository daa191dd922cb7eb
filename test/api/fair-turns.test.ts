import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { startServer } from "../support/server.ts";

/** How many requests the greedy caller sends on each of its connections, all at once, and how many connections it has. */
const BURST = 100;
const CONNECTIONS = 5;

it("over HTTP, a burst of one caller is not begun before another's request", async () => {
  const server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET, MAX_REQUESTS_PER_CALLER: "1000" });
  const { hostname, port, host } = new URL(server.origin);
  /** A request, as it is sent. What is asked for differs, so that the log can tell whose is whose. */
  const asks = (caller: string, query: string) => {
    const body = JSON.stringify({ query });
    const head = [
      "POST /graphql HTTP/1.1",
      `host: ${host}`,
      `authorization: Bearer ${signedJwt({ ...EVERYTHING, sub: caller })}`,
      "content-type: application/json",
      `content-length: ${body.length}`,
    ];
    return `${head.join("\r\n")}\r\n\r\n${body}`;
  };
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS + 1 }, async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect");
      return socket.resume();
    }),
  );
  // In the order in which they are executed: answers on one connection wait for each other.
  const executed = () => server.log().flatMap(({ sql }) => (sql === undefined ? [] : [String(sql)]));
  const ended = () => server.log().filter(({ msg }) => msg === "request").length;
  const [other, ...greedy] = sockets;
  const [one, many] = [
    asks("other", "{ sessions { totalCount } }"),
    asks("greedy", "{ sessions { nodes { id } } }"),
  ];
  // Both are known from before, so that neither has to wait for its credential to be verified.
  other?.write(one);
  greedy[0]?.write(many);
  await expect.poll(ended).toBe(2);
  const before = executed().length;

  for (const socket of greedy) socket.write(many.repeat(BURST));
  other?.write(one);
  const burst = CONNECTIONS * BURST;
  await expect.poll(ended).toBe(2 + burst + 1);
  const place = executed()
    .slice(before)
    .findIndex((sql) => sql.includes("count("));
  expect(place).toBeGreaterThanOrEqual(0);
  expect(place).toBeLessThan(burst / 2);
  for (const socket of sockets) socket.destroy();
  await server.close();
});
