import jwt from "jsonwebtoken";
import { expect, it, onTestFinished } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_SECRET } from "../support/credentials.ts";
import { startPostgres } from "../support/postgres.ts";
import { serverForTest } from "../support/server.ts";
import { migrateUrl } from "../support/stores.ts";

it("while the database is away, a token fails where it is needed first: for the name of the session, or for the record", async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const url = await postgres.createDatabase();
  await migrateUrl(url);
  const server = await serverForTest({ DATABASE_URL: url, AUTH_JWT_SECRET: JWT_SECRET });
  const everything = signedJwt(EVERYTHING);
  const { data } = await server.graphql('mutation { ensureSession(name: "standup") { id } }', {}, everything);
  const { id } = data.ensureSession;
  const grantedBy = (grant: object) =>
    signedJwt({ ...EVERYTHING, video_grant: { roles: ["PUBLISHER"], ...grant } });
  const generate = "mutation($id: ID!) { generateToken(sessionId: $id) { token } }";
  const codeFor = async (credential: string) => {
    return (await server.graphql(generate, { id }, credential)).errors[0]?.extensions.code;
  };
  const byName = grantedBy({ names: ["standup"] });
  expect(await codeFor(byName)).toBeUndefined();
  const { token } = (await server.graphql(generate, { id }, everything)).data.generateToken;
  const inspect = "query($token: String!) { inspectToken(token: $token) { status } }";
  // PostgreSQL refuses U+0000 in a text.
  const others = jwt.sign({ ...(jwt.decode(token) as object), jti: "\0" }, API_SECRET);
  expect((await server.graphql(inspect, { token: others }, everything)).data).toEqual({
    inspectToken: { status: "ACTIVE" },
  });

  postgres.pause();
  onTestFinished(() => postgres.resume());
  // At once: each waits for the database as long as it may.
  const codes = Promise.all(
    [byName, grantedBy({ sessions: ["*"] }), grantedBy({ sessions: [id] })].map(codeFor),
  );
  const look = (others: string) =>
    server.graphql(`query($id: ID!) { session(sessionId: $id) { name } ${others} }`, { id }, everything);
  const [looked, partly] = [look(""), look("videoProject { applicationId }")];
  const valid = server.graphql(inspect, { token }, everything);
  const byKey = fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": newApiKey().key },
    body: "{}",
  });
  expect(await codes).toEqual(["DATABASE_UNAVAILABLE", "LEDGER_UNAVAILABLE", "LEDGER_UNAVAILABLE"]);
  expect(await looked).toMatchObject({
    status: 503,
    data: { session: null },
    errors: [{ extensions: { code: "DATABASE_UNAVAILABLE" } }],
  });
  expect((await looked).headers.get("retry-after")).toBe("2");
  expect(await partly).toMatchObject({ status: 200, data: { session: null, videoProject: {} } });
  const { status, headers } = await byKey;
  expect([status, headers.get("retry-after")]).toEqual([503, "2"]);
  // Nobody knows whether it is revoked.
  expect(await valid).toMatchObject({
    status: 503,
    data: { inspectToken: null },
    errors: [{ extensions: { code: "DATABASE_UNAVAILABLE", retryable: true } }],
  });
  const inspected = await server.graphql(inspect, { token: "x" }, everything);
  expect(inspected.data).toEqual({ inspectToken: { status: "INVALID" } });
});
