import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { openTokKeyRing } from "../../src/signing/key-ring.ts";
import { platformAuth } from "../../src/signing/platform-auth.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { startForwarder } from "../support/forwarder.ts";
import { LONG } from "../support/long.ts";
import { spawnServer } from "../support/process.ts";
import { joined } from "../support/room-client.ts";
import { newDatabaseUrl } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const CLIENTS = 200;
/** How long they come and go, and when one server is killed meanwhile, in milliseconds. */
const COMING_AND_GOING = LONG ? 30_000 : 8000;
const KILLED_AFTER = COMING_AND_GOING / 2;
/** How soon everything is right again, in milliseconds. */
const PATIENCE = 60_000;

const PROJECT = {
  OPENTOK_API_KEY: API_KEY,
  OPENTOK_API_SECRET: API_SECRET,
  WEBHOOK_SECRET: "canary-secret-of-the-webhooks",
};

async function graphql(url: string, query: string, variables: object) {
  const body = JSON.stringify({ query, variables });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { data, errors } = await answer.json();
  expect(errors).toBeUndefined();
  return data;
}

const PARTICIPANTS = `query ($id: ID!, $after: String) { session(sessionId: $id) {
  participantCount
  participants(first: 100, after: $after) { nodes { id connectionId identity } pageInfo { hasNextPage endCursor } } } }`;

/** The connections that a server shows, page by page, with the identity of each. */
async function shown(url: string, id: string) {
  const all: { connectionId: string; identity: string | null }[] = [];
  for (let after: string | null = null; ; ) {
    const { session } = await graphql(url, PARTICIPANTS, { id, after });
    all.push(...session.participants.nodes);
    if (!session.participants.pageInfo.hasNextPage) return all;
    after = session.participants.pageInfo.endCursor;
  }
}

test("while participants come and go, a killed server loses none", { timeout: 240_000 }, async () => {
  const databaseUrl = await newDatabaseUrl("PostgreSQL");
  const origins: string[] = [];
  const balancer = await startForwarder(origins);
  const platform = spawnServer(temporaryFolder(), {
    ...PROJECT,
    PLATFORM: "local",
    LOCAL_WEBHOOK_URL: `${balancer}/webhooks/session-monitoring`,
    LOG_LEVEL: "warn",
    MAX_CONNECTIONS_PER_CALLER: "1000",
  });
  const rooms = new URL(await platform.url()).origin;
  const env = { ...PROJECT, PLATFORM: "opentok", OPENTOK_API_URL: rooms, DATABASE_URL: databaseUrl };
  const servers = [env, env].map((each) => spawnServer(temporaryFolder(), { ...each, LOG_LEVEL: "info" }));
  const [killed = "", kept = ""] = await Promise.all(servers.map((server) => server.url()));
  origins.push(new URL(killed).origin, new URL(kept).origin);

  const { createSession } = await graphql(kept, "mutation { createSession { sessionId } }", {});
  const id: string = createSession.sessionId;
  const requests = Array.from({ length: CLIENTS }, (_, i) => ({ identity: `user-${i}`, data: `data-${i}` }));
  const { generateTokens } = await graphql(
    kept,
    `mutation ($id: ID!, $requests: [TokenRequest!]!) { generateTokens(sessionId: $id, requests: $requests) { ... on ConnectionToken { token } } }`,
    { id, requests },
  );
  const tokens: string[] = generateTokens.map(({ token }: { token: string }) => token);

  /** The last state of each connection that the subscriber got. */
  const heard = new Map<string, boolean>();
  const subscriber = createClient({ url: kept.replace("http", "ws"), webSocketImpl: WebSocket, lazy: false });
  onTestFinished(() => void subscriber.dispose());
  subscriber.subscribe<{ participantChanged: { connectionId: string; leftAt: string | null } }>(
    {
      query: "subscription ($id: ID!) { participantChanged(sessionId: $id) { connectionId leftAt } }",
      variables: { id },
    },
    {
      next: ({ data }) => {
        if (data) heard.set(data.participantChanged.connectionId, data.participantChanged.leftAt === null);
      },
      error: (error) => heard.set(String(error), true),
      complete() {},
    },
  );

  const end = performance.now() + COMING_AND_GOING;
  const visits = tokens.map(async (token, i) => {
    // A server lets in a hundred sockets of one address at once; whoever it refuses tries again.
    let client: Awaited<ReturnType<typeof joined>> | null = null;
    for (let step = 0; performance.now() < end; step += 1) {
      if (client === null) client = await joined(rooms, token).catch(() => null);
      else if ((i + step) % 3 === 0) client.send({ type: "publish" });
      else {
        if ((i + step) % 2 === 0) client.send({ type: "leave" });
        client.close();
        client = null;
      }
      await sleep(200 + ((i * 37 + step * 101) % 800));
    }
  });
  await sleep(KILLED_AFTER);
  servers[0]?.kill("SIGKILL");
  await Promise.all(visits);

  const truth = async () => {
    const headers = await platformAuth(openTokKeyRing(API_KEY, API_SECRET), new Date());
    const answer = await fetch(`${rooms}/v2/project/${API_KEY}/session/${id}/connection`, { headers });
    const { items } = (await answer.json()) as { items: { connectionId: string }[] };
    return items.map(({ connectionId }) => connectionId).sort();
  };
  const present = await truth();
  expect(present.length).toBeGreaterThan(CLIENTS / 10);
  const connections = async () => (await shown(kept, id)).map(({ connectionId }) => connectionId).sort();
  await expect.poll(connections, { timeout: PATIENCE, interval: 1000 }).toEqual(present);
  // Whoever was found by reconciliation has an identity when its event comes again.
  const identities = async () => new Set((await shown(kept, id)).map(({ identity }) => identity)).size;
  await expect.poll(identities, { timeout: PATIENCE, interval: 1000 }).toBe(present.length);
  const lastHeard = () =>
    [...heard]
      .filter(([, isPresent]) => isPresent)
      .map(([connectionId]) => connectionId)
      .sort();
  await expect.poll(lastHeard, { timeout: PATIENCE, interval: 1000 }).toEqual(present);
});
