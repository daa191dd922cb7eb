import { afterAll, beforeAll, expect, it } from "vitest";
import { API_SECRET } from "../support/credentials.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ LOG_LEVEL: "trace" });
});
afterAll(() => server.close());

const CANARY = "canary-connection-data";

it("logs no token, no secret and no connection data, at any level, whatever goes well or wrong", async () => {
  const tokens: string[] = [];
  const sessionId = await server.createSession();
  const generate = `mutation($sessionId: ID!, $data: String, $format: TokenFormat, $expireTime: Int) {
    generateToken(sessionId: $sessionId, data: $data, format: $format, expireTime: $expireTime) { token data session { id } } }`;
  for (const format of ["JWT", "T1"]) {
    const { data } = await server.graphql(generate, { sessionId, data: CANARY, format });
    tokens.push(data.generateToken.token);
  }
  const [token = ""] = tokens;
  // Each of these is refused, with what must not be repeated in the wrong place.
  const refused = [
    await server.graphql(generate, { sessionId, data: CANARY, expireTime: 1 }),
    await server.graphql(generate, { sessionId, data: CANARY.repeat(100) }),
    await server.graphql(generate, { sessionId: token, data: CANARY }),
    await server.graphql(`mutation { createSession(location: "${token}") { id } }`),
    await server.graphql(`mutation { createSession(location: "${API_SECRET}") { id } }`),
    await server.graphql(`{ sessions(after: "${token}") { nodes { id } } }`),
    await server.graphql(generate, { sessionId, expireTime: token }),
    await server.graphql(generate, { sessionId, format: `${CANARY} and more of it` }),
    await server.graphql(generate, { sessionId, data: { secret: API_SECRET } }),
    await server.graphql(`mutation { createSession(e2ee: "${token}") { id } }`),
    await server.graphql(`mutation { createSession(e2ee: """${token}""") { id } }`),
    await server.graphql(`{ ${API_SECRET.replace("c0", "ab")} }`),
    await server.graphql(`{ "${token}" }`),
  ];
  const url = `${server.url}?query=${encodeURIComponent(`{ session(sessionId: "${token}") { id } }`)}`;
  await fetch(url, { headers: { "apollo-require-preflight": "1" } });
  await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: `{"${token}`,
  });
  await expect.poll(() => server.log().filter(({ msg }) => msg === "request")).toHaveLength(18);

  for (const { errors } of refused) {
    expect(errors).toHaveLength(1);
    const said = JSON.stringify(errors);
    expect(said).not.toContain(token);
    expect(said).not.toContain(CANARY);
    expect(said).not.toContain(API_SECRET);
    expect(said).not.toContain(API_SECRET.slice(2));
  }
  const log = JSON.stringify(server.log());
  for (const secret of [...tokens, API_SECRET, CANARY]) expect(log).not.toContain(secret);
});

it("logs the text of queries at trace level, and no values", async () => {
  const queries = await server.queriesDuring(() => server.createSession());
  expect(queries).toEqual([expect.stringMatching(/^insert into "sessions" .* values \((\?, )+\?\)$/)]);
});
