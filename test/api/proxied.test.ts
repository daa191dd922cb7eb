import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { MOST_FAILURES } from "../../src/access/failed-credentials.ts";
import { EVERYTHING, signedJwt } from "../support/callers.ts";
import { startServer, type TestServer } from "../support/server.ts";

const AUTHORIZATION = `Bearer ${signedJwt(EVERYTHING)}`;

/** A request that a proxy of this machine passes on. */
const ask = (server: TestServer, headers: Record<string, string>) =>
  fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query: "{ videoCaller { subject } }" }),
  });

/** As many made-up credentials as may fail, from addresses in turn. */
async function failAll(server: TestServer, addresses: readonly string[]) {
  for (let i = 0; i < MOST_FAILURES; i += 50) {
    const batch = Array.from({ length: 50 }, async (_, n) => {
      const response = await ask(server, {
        "x-forwarded-for": addresses[(i + n) % addresses.length] ?? "",
        "x-api-key": newApiKey().key,
      });
      await response.text();
      return response.status;
    });
    expect(new Set(await Promise.all(batch))).toEqual(new Set([401]));
  }
}

describe("behind a trusted proxy", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ NODE_ENV: "production", TRUST_PROXY: "loopback" });
  });
  afterAll(() => server.close());

  const status = async (headers: Record<string, string>) => (await ask(server, headers)).status;

  it("an address is refused after too many failures, whatever it sends, and no other is", async () => {
    const address = { "x-forwarded-for": "203.0.113.7" };
    await failAll(server, ["203.0.113.7"]);
    const credentials: Record<string, string>[] = [
      {},
      { authorization: AUTHORIZATION },
      { "x-api-key": newApiKey().key },
    ];
    for (const credential of credentials) {
      const response = await ask(server, { ...address, ...credential });
      expect(response.status).toBe(429);
      const { errors } = await response.json();
      const { code, retryAfterSeconds } = errors[0].extensions;
      expect(code).toBe("RATE_LIMITED");
      expect(retryAfterSeconds).toBeGreaterThan(0);
      expect(retryAfterSeconds).toBeLessThanOrEqual(60);
      expect(response.headers.get("retry-after")).toBe(String(retryAfterSeconds));
    }
    expect(await status({ "x-forwarded-for": "203.0.113.8", authorization: AUTHORIZATION })).toBe(200);
    // What the client itself put before what the proxy says is not believed.
    expect(
      await status({ "x-forwarded-for": "203.0.113.8, 203.0.113.7", authorization: AUTHORIZATION }),
    ).toBe(429);
    // Of strangers only so many lines are written in a second.
    await expect
      .poll(async () => [await status(address), server.log().map(({ code }) => code)])
      .toEqual([429, expect.arrayContaining(["RATE_LIMITED"])]);
    expect(server.log().find(({ code }) => code === "RATE_LIMITED")).toMatchObject({
      address: "203.0.113.7",
    });
  });

  it("the addresses of one /64 are one", async () => {
    await failAll(server, ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"]);
    const statuses = ["2001:db8::4", "2001:db8:0:1::1"].map((address) =>
      status({ "x-forwarded-for": address, authorization: AUTHORIZATION }),
    );
    expect(await Promise.all(statuses)).toEqual([429, 200]);
  });

  it("a request without a credential has none that fails", async () => {
    const address = { "x-forwarded-for": "203.0.113.9" };
    for (let i = 0; i <= MOST_FAILURES; i += 50) {
      const batch = Array.from({ length: 50 }, () => status(address));
      expect(new Set(await Promise.all(batch))).toEqual(new Set([401]));
    }
    expect(await status({ ...address, authorization: AUTHORIZATION })).toBe(200);
  });

  it.each([
    ["names no client", {}],
    ["names one that is a proxy", { "x-forwarded-for": "127.0.0.9" }],
    ["names what is no address", { "x-forwarded-for": "unknown" }],
  ])("nobody is refused where the proxy %s", async (_, headers: Record<string, string>) => {
    await failAll(server, [headers["x-forwarded-for"] ?? ""]);
    expect(await status({ ...headers, authorization: AUTHORIZATION })).toBe(200);
  });

  it("the log has the client's address, and nothing that is none", async () => {
    const requestId = async (forwarded: string) =>
      (await ask(server, { authorization: AUTHORIZATION, "x-forwarded-for": forwarded })).headers.get(
        "x-request-id",
      );
    const known = await requestId("198.51.100.1");
    const forged = await requestId("198.51.100.2, 198.51.100.3");
    const unknown = await requestId("canary");
    const lineOf = (id: string | null) => server.log().find((line) => line.requestId === id);
    await expect.poll(() => lineOf(unknown)).toBeDefined();
    expect(lineOf(known)).toMatchObject({ address: "198.51.100.1" });
    expect(lineOf(forged)).toMatchObject({ address: "198.51.100.3" });
    expect(lineOf(unknown)).not.toHaveProperty("address");
    expect(JSON.stringify(server.log())).not.toMatch(/canary|198\.51\.100\.2/);
  });
});

describe("without a trusted proxy", () => {
  it("X-Forwarded-For says nothing, and failures are not counted", async () => {
    const server = await startServer({ NODE_ENV: "production", TRUST_PROXY: "203.0.113.0/24" });
    const other = await startServer({ NODE_ENV: "production" });
    await failAll(other, ["203.0.113.7"]);
    const forwarded = { "x-forwarded-for": "203.0.113.7", authorization: AUTHORIZATION };
    expect([(await ask(server, forwarded)).status, (await ask(other, forwarded)).status]).toEqual([200, 200]);
    await expect
      .poll(() => server.log().find(({ msg }) => msg === "request"))
      .toMatchObject({ address: "127.0.0.1" });
    expect(JSON.stringify([...server.log(), ...other.log()])).not.toContain("203.0.113.7");
    await server.close();
    await other.close();
  });
});

it.each([
  ["attacker.example", "localhost", 421],
  ["localhost", "attacker.example", 200],
])(
  "a server of this machine alone goes by Host: %s, and not by X-Forwarded-Host: %s",
  async (host, forwarded, status) => {
    const server = await startServer({ TRUST_PROXY: "loopback" });
    const answered = await new Promise((resolve, reject) => {
      const headers = { host, "x-forwarded-host": forwarded, "content-type": "application/json" };
      const request = httpRequest(server.url, { method: "POST", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on("error", reject);
      request.end(JSON.stringify({ query: "{ __typename }" }));
    });
    expect(answered).toBe(status);
    await server.close();
  },
);

describe("X-Forwarded-For of whoever is no trusted proxy", () => {
  const told = async (env: Record<string, string>, headers: Record<string, string>) => {
    const server = await startServer(env);
    try {
      for (let i = 0; i < 3; i++) await (await ask(server, headers)).text();
      return server.log().filter(({ msg }) => String(msg).startsWith("X-Forwarded-For"));
    } finally {
      await server.close();
    }
  };
  const forwarded = { "x-forwarded-for": "203.0.113.7" };

  it.each<Record<string, string>>([{}, { TRUST_PROXY: "10.0.0.0/8" }])(
    "is told of once, with its address: %j",
    async (env) => {
      expect(await told(env, forwarded)).toMatchObject([{ level: 40, address: "127.0.0.1" }]);
    },
  );

  it("is not told of where the proxy is trusted, or there is none", async () => {
    expect(await told({ TRUST_PROXY: "loopback" }, forwarded)).toEqual([]);
    expect(await told({}, {})).toEqual([]);
  });
});
