import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { turns } from "../../src/http/turns.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { startServer } from "../support/server.ts";

describe("turns", () => {
  it("lets those that come in one turn of the event loop begin together, in the order in which they came", async () => {
    const turn = turns(3);
    const begun: number[] = [];
    for (let i = 0; i < 2; i++) turn("one").then(() => begun.push(i));
    await Promise.resolve();
    expect(begun).toEqual([]);
    turn("one").then(() => begun.push(2));
    await nextTurn();
    expect(begun).toEqual([0, 1, 2]);
  });

  it("lets only so many begin in one turn", async () => {
    const turn = turns(3);
    const begun: number[] = [];
    for (let i = 0; i < 7; i++) turn("one").then(() => begun.push(i));
    await nextTurn();
    expect(begun).toEqual([0, 1, 2]);
    turn("one").then(() => begun.push(7));
    await nextTurn();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    await nextTurn();
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("lets nobody wait for the burst of another caller", async () => {
    const turn = turns(2);
    const begun: string[] = [];
    const ask = (caller: string, count: number) => {
      for (let i = 1; i <= count; i++) turn(caller).then(() => begun.push(`${caller}${i}`));
    };
    ask("greedy", 100);
    ask("a", 2);
    ask("b", 1);
    await nextTurn();
    expect(begun).toEqual(["greedy1", "a1"]);
    await nextTurn();
    expect(begun.slice(2)).toEqual(["b1", "greedy2"]);
    await nextTurn();
    expect(begun.slice(4)).toEqual(["a2", "greedy3"]);
    ask("a", 1);
    await nextTurn();
    expect(begun.slice(6)).toEqual(["greedy4", "a1"]);
    for (let turn = 0; turn < 60; turn++) await nextTurn();
    expect(begun).toHaveLength(104);
    expect(new Set(begun.filter((name) => name.startsWith("greedy"))).size).toBe(100);
  });

  it("lets one that comes alone begin in its turn, also after a burst", async () => {
    const turn = turns(1);
    await Promise.all([turn("one"), turn("one"), turn("one")]);
    await nextTurn();
    await nextTurn();
    let begun = false;
    turn("one").then(() => {
      begun = true;
    });
    await nextTurn();
    expect(begun).toBe(true);
  });
});

/** How many requests the greedy caller sends on each of its connections, all at once, and how many connections it has. */
const BURST = 100;
const CONNECTIONS = 5;

it("over HTTP, a burst of one caller is not begun before another's request", async () => {
  const server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET });
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
