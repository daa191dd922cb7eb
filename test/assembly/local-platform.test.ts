import { createSecretKey } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import OpenTok from "opentok";
import pino from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { beginEmulator } from "../../src/assembly/local-platform.ts";
import { createProject } from "../../src/assembly/project.ts";
import { parseConfig } from "../../src/config/config.ts";
import type { MonitoringEvent } from "../../src/domain/monitoring-event.ts";
import { sessionOptions } from "../../src/domain/session.ts";
import { hasHash, verifyWebhook } from "../../src/signing/webhook-signature.ts";
import { API_KEY, API_SECRET, PROJECT } from "../support/credentials.ts";
import { TestClient } from "../support/rooms.ts";
import { startServer } from "../support/server.ts";
import { ENGINES, newDatabaseUrl } from "../support/stores.ts";

const WEBHOOK_SECRET = "canary-secret-of-webhooks";

/** A server that receives events, and answers each with a status. */
async function receiver(statusOf: (index: number) => number) {
  const received: { body: Buffer; token: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    response.writeHead(statusOf(received.push({ body: Buffer.concat(chunks), token }))).end();
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/canary-path` };
}

it("sends what happens in a room with WEBHOOK_SECRET, and logs failures without secrets", async () => {
  const { received, url } = await receiver((index) => (index === 1 ? 500 : 204));
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  const config = parseConfig({ ...PROJECT, WEBHOOK_SECRET, LOCAL_WEBHOOK_URL: url });
  const log = pino(sink);
  const { emulator, platform } = createProject(config, log);
  if (emulator === null) throw new Error("there is no emulator");
  const background = beginEmulator(emulator, config, "http://127.0.0.1:9", log);
  onTestFinished(() => background.stop());

  const sessionId = await platform.createSession(sessionOptions({}), new Date());
  const token = new OpenTok(API_KEY, API_SECRET).generateToken(sessionId, { data: "canary-data" });
  const client = new TestClient(emulator.clients);
  client.says({ type: "join", token });
  expect(await platform.connections(sessionId, new Date())).toMatchObject([
    { connectionId: client.connectionId },
  ]);
  client.says({ type: "leave" });

  // The event that failed is sent again after five seconds, unless another has succeeded since.
  await vi.waitFor(() => expect(lines).toHaveLength(2), 15_000);
  const keys = [createSecretKey(WEBHOOK_SECRET, "utf8")];
  const project = { environment: "opentok", applicationId: API_KEY } as const;
  const events = received.slice(0, 4).map(({ body, token }): MonitoringEvent => {
    const hash = verifyWebhook(token, keys, project, new Date());
    if (typeof hash === "string") throw new Error(hash);
    expect(hasHash(body, hash)).toBe(true);
    return JSON.parse(body.toString("utf8"));
  });
  expect(events.map(({ event }) => event).sort()).toEqual([
    "connectionCreated",
    "connectionDestroyed",
    "sessionCreated",
    "sessionDestroyed",
  ]);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { reason: "it answered with status 500", msg: /are not accepted; they are sent again/ },
    { msg: "the local platform's events are accepted again" },
  ]);
  for (const secret of ["canary", token]) expect(lines.join("")).not.toContain(secret);
});

it("is no part of another platform", () => {
  const config = parseConfig({ OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: API_SECRET, WEBHOOK_SECRET });
  const project = createProject(config, pino({ level: "silent" }));
  expect([project.emulator, project.webhookKeys]).toEqual([null, config.webhooks.keys]);
});

it.each(ENGINES)("says on %s whether its rooms could be missing on another server", async (engine) => {
  const server = await startServer({ NODE_ENV: "production", DATABASE_URL: await newDatabaseUrl(engine) });
  onTestFinished(() => server.close());
  const warnings = server.log().filter(({ msg }) => String(msg).includes("rooms live in this process"));
  expect(warnings).toHaveLength(engine === "PostgreSQL" ? 1 : 0);
});
