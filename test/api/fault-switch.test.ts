import { request } from "node:http";
import { join } from "node:path";
import Libsql from "libsql";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { answer, honest, startFaultServer } from "../support/fault-server.ts";
import { serverForTest, startServer, type TestServer } from "../support/server.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const HEADER = "x-stagepass-fault";
const GENERATE = "mutation($id: ID!) { generateToken(sessionId: $id) { token } }";
const CREATE = "mutation { createSession { sessionId } }";
const ENSURE = "mutation($name: String!) { ensureSession(name: $name) { name generateToken { token } } }";
const OFF =
  "x-stagepass-fault works only on the local platform and without NODE_ENV=production; leave this header out";

/** The local platform, without authentication. */
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ CORS_ORIGINS: "https://app.example.com" });
});
afterAll(() => server.close());

function post(to: TestServer, query: string, variables: object = {}, headers: Record<string, string> = {}) {
  return fetch(to.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
}

/** Everything that a client sees, except for values that differ each time. */
async function seen(response: Response) {
  const headers = Object.fromEntries(response.headers);
  // The true servers have no CORS_ORIGINS.
  for (const name of ["date", "x-request-id", "content-length", "vary", "access-control-expose-headers"])
    delete headers[name];
  const steady = (text: string) => text.replace(/\b[1-5]?\d seconds|\b60 seconds/g, "some seconds");
  const body = steady(await response.text()).replace(
    /"retryAfterSeconds":(\d{2})\b/,
    '"retryAfterSeconds":60',
  );
  if (Number(headers["retry-after"]) > 9) headers["retry-after"] = "60";
  return { status: response.status, headers, body };
}

/** The same request with the header, on a server that works. */
async function switched(fault: string, query: string, variables: object = {}) {
  return seen(await post(server, query, variables, { [HEADER]: fault }));
}

describe("the fault switch gives the answer of the true fault", () => {
  it("RATE_LIMITED, of tokens", async () => {
    const limited = await serverForTest({ TOKENS_PER_MINUTE: "1" });
    const id = await limited.createSession();
    await post(limited, GENERATE, { id });
    const truth = await seen(await post(limited, GENERATE, { id }));
    expect(truth.status).toBe(429);
    expect(await switched("RATE_LIMITED", GENERATE, { id: await server.createSession() })).toEqual(truth);
  });

  it("RATE_LIMITED, of sessions", async () => {
    const limited = await serverForTest({ SESSIONS_PER_MINUTE: "1" });
    await post(limited, CREATE);
    const truth = await seen(await post(limited, CREATE));
    expect(truth.status).toBe(429);
    expect(await switched("RATE_LIMITED", CREATE)).toEqual(truth);
  });

  it("PLATFORM_UNAVAILABLE", async () => {
    const platform = await startFaultServer(honest("opentok", API_KEY, API_SECRET));
    onTestFinished(() => platform.close());
    const real = await serverForTest({ PLATFORM: "opentok", OPENTOK_API_URL: platform.url });
    platform.behave(answer(503, "text/plain", ""));
    const truth = await seen(await post(real, CREATE));
    expect(truth.body).toContain("PLATFORM_UNAVAILABLE");
    expect(await switched("PLATFORM_UNAVAILABLE", CREATE)).toEqual(truth);
  });

  it("LEDGER_UNAVAILABLE", async () => {
    const file = join(temporaryFolder(), "test.db");
    const broken = await serverForTest({ DATABASE_URL: `file:${file}` });
    const id = await broken.createSession();
    const database = new Libsql(file, { timeout: 2000 });
    onTestFinished(() => void database.close());
    database.exec("ALTER TABLE issued_tokens RENAME TO away");
    const truth = await seen(await post(broken, GENERATE, { id }));
    expect(truth.status).toBe(503);
    expect(await switched("LEDGER_UNAVAILABLE", GENERATE, { id: await server.createSession() })).toEqual(
      truth,
    );
  });

  it("EXPIRED_TOKEN", async () => {
    const guarded = await serverForTest({ AUTH_JWT_SECRET: JWT_SECRET });
    const authorization = `Bearer ${signedJwt({ ...EVERYTHING, exp: Math.floor(Date.now() / 1000) - 61 })}`;
    const truth = await seen(await post(guarded, CREATE, {}, { authorization }));
    expect([truth.status, truth.body]).toEqual([401, expect.stringContaining("jwt expired")]);
    expect(await switched("EXPIRED_TOKEN", CREATE)).toEqual(truth);
    const valid = { authorization: `Bearer ${signedJwt(EVERYTHING)}`, [HEADER]: "EXPIRED_TOKEN" };
    expect(await seen(await post(guarded, CREATE, {}, valid))).toEqual(truth);
  });
});

describe("a fault", () => {
  it("leaves the data of fields that do not meet it", async () => {
    const name = "room of faults";
    const ensure = async (fault: string) => {
      const response = await post(server, ENSURE, { name }, { [HEADER]: fault });
      return { status: response.status, ...(await response.json()) };
    };
    const path = ["ensureSession", "generateToken"];
    const half = { ensureSession: { name, generateToken: null } };
    expect(await ensure("PLATFORM_UNAVAILABLE")).toMatchObject({
      status: 200,
      data: { ensureSession: null },
      errors: [{ path: ["ensureSession"], extensions: { code: "PLATFORM_UNAVAILABLE", retryable: true } }],
    });
    expect(await ensure("LEDGER_UNAVAILABLE")).toMatchObject({
      status: 200,
      data: half,
      errors: [{ path, extensions: { code: "LEDGER_UNAVAILABLE", retryAfterSeconds: 2 } }],
    });
    expect(await ensure("RATE_LIMITED")).toMatchObject({
      status: 200,
      data: half,
      errors: [{ path, extensions: { code: "RATE_LIMITED", retryAfterSeconds: 60 } }],
    });
    // The session exists now, so its platform is not asked.
    expect(await ensure("PLATFORM_UNAVAILABLE")).toEqual({
      status: 200,
      data: { ensureSession: { name, generateToken: { token: expect.stringMatching(/^eyJ/) } } },
    });
  });

  it("does not hide that an argument is invalid, and stays out of requests without the header", async () => {
    const response = await post(server, GENERATE, { id: "nonsense" }, { [HEADER]: "LEDGER_UNAVAILABLE" });
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "SESSION_NOT_FOUND" } }] });
    const { errors } = await server.graphql(GENERATE, { id: await server.createSession() });
    expect(errors).toEqual([]);
  });

  it("is in the line of the log", async () => {
    await switched("RATE_LIMITED", CREATE);
    await expect
      .poll(() => server.log())
      .toContainEqual(expect.objectContaining({ msg: "request", status: 429, reason: HEADER }));
  });

  it.each([
    "",
    "rate_limited",
    "SLOW",
    "SLOW=",
    "SLOW=0",
    "SLOW=10001",
    "SLOW=1.5",
    "toString",
    "SLOW=1, SLOW=2",
  ])("has a name that is known: %j", async (fault) => {
    const response = await post(server, CREATE, {}, { [HEADER]: fault });
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        errors: [
          {
            message:
              "x-stagepass-fault must be RATE_LIMITED, PLATFORM_UNAVAILABLE, LEDGER_UNAVAILABLE, EXPIRED_TOKEN, or SLOW= with 1 to 10000 milliseconds, such as SLOW=2000",
            extensions: { code: "BAD_REQUEST", retryable: false },
          },
        ],
      },
    ]);
  });
});

const preflight = (to: TestServer, headers: string) =>
  fetch(to.url, {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example.com",
      "access-control-request-method": "POST",
      "access-control-request-headers": headers,
    },
  });

describe("the switch", () => {
  it("lets pages of listed origins send the header", async () => {
    const { status, headers } = await preflight(server, `content-type,${HEADER}`);
    expect([status, headers.get("access-control-allow-headers")]).toEqual([204, `content-type,${HEADER}`]);
  });

  it.each([
    ["in production", { NODE_ENV: "production" }],
    ["on a real platform", { PLATFORM: "opentok" }],
  ])("is refused %s, before the page sends it, too", async (_, env) => {
    const off = await serverForTest({ ...env, CORS_ORIGINS: "https://app.example.com" });
    const asked = await post(off, CREATE, {}, { [HEADER]: "RATE_LIMITED" });
    for (const response of [asked, await preflight(off, `content-type, ${HEADER}`)])
      expect([response.status, await response.json()]).toEqual([
        400,
        { errors: [{ message: OFF, extensions: { code: "BAD_REQUEST", retryable: false } }] },
      ]);
    expect((await preflight(off, "content-type")).status).toBe(204);
  });
});

describe("a slow answer", () => {
  const SLOW = { [HEADER]: "SLOW=10000" };
  const ended = (of: TestServer) => of.log().filter(({ msg }) => /^request/.test(String(msg)));

  it("comes after the delay", async () => {
    const start = performance.now();
    const response = await post(server, "{ __typename }", {}, { [HEADER]: "SLOW=300" });
    expect(await response.json()).toEqual({ data: { __typename: "Query" } });
    // Timers may fire a millisecond early.
    expect(performance.now() - start).toBeGreaterThan(298);
  });

  it("is one of its caller's requests in flight, until its client disconnects", async () => {
    const narrow = await serverForTest({ MAX_REQUESTS_PER_CALLER: "1" });
    const slow = request(narrow.url, {
      method: "POST",
      headers: { ...SLOW, "content-type": "application/json" },
    });
    slow.on("error", () => {});
    slow.end('{"query":"{ __typename }"}');
    const status = async () => (await post(narrow, "{ __typename }")).status;
    await expect.poll(status, { timeout: 8000 }).toBe(429);
    slow.destroy();
    await expect.poll(status, { timeout: 8000 }).toBe(200);
    const [line] = ended(narrow).filter(({ code }) => code === "BROKEN_OFF");
    expect(line?.milliseconds).toBeLessThan(10_000);
  });

  it("comes at once when the server stops", async () => {
    const stopping = await startServer();
    const answered = post(stopping, "{ __typename }", {}, SLOW);
    await expect.poll(() => post(stopping, "{ __typename }").then(({ status }) => status)).toBe(200);
    const start = performance.now();
    await stopping.close();
    expect((await answered).status).toBe(200);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
