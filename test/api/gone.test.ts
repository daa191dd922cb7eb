import { once } from "node:events";
import { connect } from "node:net";
import fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import type { Caller } from "../../src/access/caller.ts";
import { cutOffIdleReaders, limitInFlight } from "../../src/http/shares.ts";
import { InFlight } from "../../src/shares/in-flight.ts";
import { UNSHARED } from "../../src/shares/shares.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { RawConnection, rawRequest } from "../support/raw-requests.ts";
import { startServer } from "../support/server.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const BATCH = `mutation($id: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $id, requests: $requests) { __typename }
}`;

async function start(env: Record<string, string> = {}) {
  const server = await startServer({ AUTH_JWT_SECRET: JWT_SECRET, ...env });
  closing.push(() => server.close());
  const credential = signedJwt(EVERYTHING);
  const { data } = await server.graphql("mutation { createSession { id } }", {}, credential);
  const id: string = data.createSession.id;
  const batch = (size: number) =>
    rawRequest(
      JSON.stringify({ query: BATCH, variables: { id, requests: Array(size).fill({}) } }),
      credential,
    );
  const brokenOff = () => server.log().filter(({ code }) => code === "BROKEN_OFF").length;
  const issued = async () => {
    const query = "query($id: ID!) { session(sessionId: $id) { issuedTokens(first: 1) { totalCount } } }";
    const answer = await server.graphql(query, { id }, credential);
    return answer.data.session.issuedTokens.totalCount;
  };
  return { server, credential, batch, brokenOff, issued };
}

describe("a client that has gone", () => {
  it("has nothing in flight, also where it has sent requests one behind the other", async () => {
    const { server, batch, brokenOff, credential } = await start({ MAX_REQUESTS_PER_CALLER: "3" });
    const connection = new RawConnection(server.origin);
    await once(connection.socket, "connect");
    connection.socket.write(Buffer.concat([batch(1000), batch(1000), batch(1000)]), () =>
      connection.destroy(),
    );
    await expect.poll(brokenOff).toBe(3);
    const body = '{"query":"{ videoCaller { id } }"}';
    const ask = async () => {
      const held = [1, 2, 3].map(() => new RawConnection(server.origin));
      for (const { socket } of held) socket.write(rawRequest(body, credential).subarray(0, -1));
      for (const { socket } of held) socket.write("}");
      const statuses = await Promise.all(held.map(async (each) => (await each.answer()).status));
      for (const each of held) each.destroy();
      return statuses;
    };
    // What it had begun goes on for a while, and then it has room for as many as ever.
    await expect.poll(ask).toEqual([200, 200, 200]);
  });

  it("is not executed where its turn has not come", async () => {
    const { server, batch, brokenOff, issued } = await start({ TOKENS_PER_MINUTE: "100000" });
    const busy = new RawConnection(server.origin);
    await once(busy.socket, "connect");
    const gone = new RawConnection(server.origin);
    await once(gone.socket, "connect");
    // Many slices of them, and then one that goes: its turn comes after theirs.
    busy.socket.write(Buffer.concat(Array(180).fill(batch(20))));
    gone.socket.write(batch(7), () => gone.socket.resetAndDestroy());
    await expect.poll(brokenOff).toBe(1);
    for (let i = 0; i < 180; i++) expect((await busy.answer()).status).toBe(200);
    busy.destroy();
    expect(await issued()).toBe(180 * 20);
  });

  it("counts nowhere where it went before its caller was known", async () => {
    const inFlight = new InFlight<object>({ requests: 1, bytes: 10, connections: 1 });
    const app = fastify();
    closing.push(() => app.close());
    let know = () => {};
    let arrived = false;
    let gone = false;
    app.decorateRequest("caller", null);
    app.addHook("onRequest", async (request, reply) => {
      arrived = true;
      reply.raw.once("close", () => {
        gone = true;
      });
      await new Promise<void>((resolve) => {
        know = resolve;
      });
      request.caller = { id: "a" } as Caller;
    });
    let ended = false;
    app.addHook("onError", (_request, _reply, _error, done) => {
      ended = true;
      done();
    });
    app.get(
      "/",
      { onRequest: limitInFlight(app, { inFlight, turn: UNSHARED.turn, trustsProxy: null }) },
      () => {
        ended = true;
        return "";
      },
    );
    const { port } = new URL(await app.listen({ port: 0, host: "127.0.0.1" }));
    const socket = connect(Number(port), "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await expect.poll(() => arrived).toBe(true);
    socket.destroy();
    await expect.poll(() => gone).toBe(true);
    know();
    await expect.poll(() => ended).toBe(true);
    inFlight.enter("a", 10);
    expect(inFlight.connected("a", {})).toBe(true);
  });
});

it("a client that reads nothing of its answer is cut off, and one that reads is not", async () => {
  const app = fastify();
  closing.push(() => app.close());
  cutOffIdleReaders(app, 200);
  const answer = "x".repeat(64 * 1024 * 1024);
  let ended = false;
  app.get("/", (_request, reply) => {
    reply.raw.once("close", () => {
      ended = true;
    });
    return answer;
  });
  const origin = await app.listen({ port: 0, host: "127.0.0.1" });
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.on("error", () => {});
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  await expect.poll(() => ended).toBe(true);
  let received = 0;
  socket.on("data", (chunk: Buffer) => {
    received += chunk.length;
  });
  await once(socket.resume(), "close");
  expect(received).toBeLessThan(answer.length);
  expect(await (await fetch(origin)).text()).toHaveLength(answer.length);
});
