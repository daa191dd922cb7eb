import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { exportJWK, SignJWT } from "jose";
import Libsql from "libsql";
import { expect, onTestFinished } from "vitest";
import { atOnce } from "../../support/at-once.ts";
import { EVERYTHING, JWT_SECRET } from "../../support/callers.ts";
import { API_KEY, API_SECRET } from "../../support/credentials.ts";
import { answer, answerJson, hang, startFaultServer } from "../../support/fault-server.ts";
import { figuresOf, graphql, newSession, startClients } from "../../support/faults.ts";
import { SLACK } from "../../support/long.ts";
import { spawnServer, stagepass } from "../../support/process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const JWKS = { keys: [{ ...(await exportJWK(publicKey)), kid: "a", use: "sig" }] };
const DOWN = answer(503, "text/plain", "");
/** The least time between two requests to the provider, in milliseconds. */
const PAUSE = 6000;

/** An identity provider that is down, a server that knows it, and the server's environment. */
async function start(env: Record<string, string> = {}, behaviour = DOWN) {
  const provider = await startFaultServer(behaviour);
  onTestFinished(() => provider.close());
  const folder = temporaryFolder();
  const variables = {
    PLATFORM: "local",
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    AUTH_JWKS_URI: `${provider.url}/jwks.json`,
    AUTH_JWT_ISSUER: "https://login.example.com/",
    AUTH_JWT_AUDIENCE: "stagepass",
    ...env,
  };
  const server = spawnServer(folder, variables);
  const url = await server.url();
  const readiness = async () => {
    const response = await fetch(new URL("/readyz", url));
    return { code: response.status, ...(await response.json()) };
  };
  return { provider, url, readiness, server, folder, variables };
}

const READY = { code: 200, status: "ready" };
const NOT_READY = { code: 503, status: "identity provider unavailable" };

const credential = () =>
  new SignJWT(EVERYTHING)
    .setProtectedHeader({ alg: "RS256", kid: "a" })
    .setIssuer("https://login.example.com/")
    .setAudience("stagepass")
    .setExpirationTime("1h")
    .sign(privateKey);

const test = atOnce("a server whose identity provider fails");

test("is not ready before it has the keys that are the only way in, says so, and stays ready when the provider goes again", async () => {
  const { provider, url, readiness, server, folder } = await start();
  expect(await readiness()).toEqual(NOT_READY);
  const caller = await credential();
  const refused = await graphql(url, "{ videoCaller { id } }", caller);
  expect(refused).toMatchObject({
    status: 503,
    errors: [{ extensions: { code: "AUTHENTICATION_UNAVAILABLE" } }],
  });
  expect(refused.headers.get("retry-after")).toBe("2");
  // Many probes and a caller, and one request to the provider.
  for (let i = 0; i < 20; i++) expect(await readiness()).toEqual(NOT_READY);
  expect(provider.received).toHaveLength(1);
  expect(server.errors()).toContain("the JWKS endpoint answered with status 503");

  provider.behave(answerJson(200, JWKS));
  const end = performance.now();
  await expect.poll(readiness, { timeout: PAUSE + 2000, interval: 100 }).toEqual(READY);
  expect(performance.now() - end).toBeLessThan(PAUSE + 1000 + SLACK);

  provider.behave(DOWN);
  const sessionId = await newSession(url, caller);
  const clients = startClients([url], sessionId, caller);
  clients.add(4);
  await clients.recover(performance.now(), PAUSE);
  expect(await readiness()).toEqual(READY);
  const calls = await clients.stop();
  const database = new Libsql(join(folder, "data", "stagepass.db"), { timeout: 2000 });
  const ids = (database.prepare("SELECT id FROM issued_tokens").all() as { id: string }[]).map(
    ({ id }) => id,
  );
  database.close();
  const { failed, missing } = figuresOf("the identity provider is down", calls, end, ids);
  expect([failed, missing]).toEqual([0, 0]);
});

test("is told within two seconds that the provider does not answer", async () => {
  const { readiness } = await start({}, hang);
  const begin = performance.now();
  expect(await readiness()).toEqual(NOT_READY);
  expect(performance.now() - begin).toBeLessThan(2500 + SLACK);
});

test("is ready without the keys where callers have another way in", async () => {
  const bySecret = await start({ AUTH_JWT_SECRET: JWT_SECRET });
  expect(await bySecret.readiness()).toEqual(READY);

  const byKey = await start();
  expect(await byKey.readiness()).toEqual(NOT_READY);
  const made = await stagepass(
    byKey.folder,
    ["keys", "create", "--name", "web", "--grant", '{"scope":"sessions:read"}'],
    byKey.variables,
  );
  expect(made).toMatchObject({ code: 0 });
  await expect.poll(byKey.readiness).toEqual(READY);
});
