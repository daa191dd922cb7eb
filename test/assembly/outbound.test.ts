import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { jwksKeys } from "../../src/access/jwks.ts";
import { outbound } from "../../src/assembly/outbound.ts";
import { createProject } from "../../src/assembly/project.ts";
import { parseConfig } from "../../src/config/config.ts";
import { sessionOptions } from "../../src/domain/session.ts";
import { reasonOf } from "../../src/errors.ts";
import { API_KEY, API_SECRET, OPENTOK } from "../support/credentials.ts";
import { honest, startFaultServer } from "../support/fault-server.ts";
import { startForwardProxy } from "../support/forward-proxy.ts";
import { freePort } from "../support/postgres.ts";

/** Nobody's, but the proxies of these tests. */
const OPENTOK_API_URL = "https://platform.example.com";
const URI = "https://idp.example.com/jwks.json";

/** What comes of a session. */
async function createSession(env: Record<string, string>) {
  const { platform } = createProject(
    parseConfig({ ...OPENTOK, OPENTOK_API_URL, ...env }),
    pino({ level: "silent" }),
  );
  return await platform
    .createSession(sessionOptions({}), new Date())
    .catch(({ message, extensions }) => ({ message, ...extensions }));
}

/** Why the keys of an identity provider cannot be had. */
async function jwksFailure(env: Record<string, string>) {
  const { proxy } = parseConfig({ AUTH_JWKS_URI: URI, ...env });
  return await jwksKeys(URI, outbound(proxy))("a", "RS256").catch(reasonOf);
}

describe("with a proxy", () => {
  it.each([
    [407, false, "answered with status 407: check the user and the password in HTTPS_PROXY", 1],
    [403, false, "answered with status 403: allow this host in the proxy, or add it to NO_PROXY", 1],
    [503, true, "answered with status 503", 2],
    [null, true, "cannot be reached: UND_ERR_SOCKET", 2],
  ])("that answers %s, it is to blame, and not the platform", async (status, retryable, says, attempts) => {
    const proxy = await startForwardProxy(() => status);
    const HTTPS_PROXY = `http://me:canary@${proxy.host}`;
    expect(await createSession({ HTTPS_PROXY })).toMatchObject({
      code: "PLATFORM_UNAVAILABLE",
      message: `The platform cannot be reached: the proxy of HTTPS_PROXY ${says}`,
      retryable,
    });
    const authorization = `Basic ${Buffer.from("me:canary").toString("base64")}`;
    expect(proxy.asked).toEqual(Array(attempts).fill({ target: "platform.example.com:443", authorization }));
    expect(await jwksFailure({ HTTPS_PROXY })).toBe(`the proxy of HTTPS_PROXY ${says}`);
  });

  it("that is not there, it is to blame", async () => {
    const host = `127.0.0.1:${await freePort()}`;
    expect(await createSession({ http_proxy: host })).toMatchObject({
      code: "PLATFORM_UNAVAILABLE",
      message: "The platform cannot be reached: the proxy of http_proxy cannot be reached: ECONNREFUSED",
      retryable: true,
    });
    expect(await jwksFailure({ https_proxy: `http://${host}` })).toBe(
      "the proxy of https_proxy cannot be reached: ECONNREFUSED",
    );
  });

  it("that never answers, a call ends at its deadline", async () => {
    const silent = createServer().on("connect", () => {});
    await once(silent.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const HTTPS_PROXY = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect(await createSession({ HTTPS_PROXY, PLATFORM_TIMEOUT_MS: "200" })).toMatchObject({
      code: "PLATFORM_UNAVAILABLE",
      message: "The platform did not answer within 200 ms",
      retryable: true,
    });
  });

  it("that never answers, its connections end, too", async () => {
    const silent = createServer().on("connect", (_, socket) => {
      socket.on("error", () => {});
      socket.on("end", () => socket.destroy()).resume();
    });
    await once(silent.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      silent.close();
    });
    const count = () => promisify(silent.getConnections.bind(silent))();
    const HTTPS_PROXY = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { proxy } = parseConfig({ AUTH_JWKS_URI: URI, HTTPS_PROXY });
    const call = outbound(proxy, 3000);
    const calls = Array.from({ length: 5 }, () => call(URI, { signal: AbortSignal.timeout(100) }));
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual(Array(5).fill("rejected"));
    expect(await count()).toBe(5);
    await expect.poll(count).toBe(0);
    expect(await call(URI).catch(reasonOf)).toBe(
      "the proxy of HTTPS_PROXY cannot be reached: UND_ERR_HEADERS_TIMEOUT",
    );
  });

  it("the platform is to blame when the proxy has connected to it", async () => {
    const plain = await startFaultServer();
    onTestFinished(() => plain.close());
    const proxy = await startForwardProxy();
    const answer = await createSession({
      HTTPS_PROXY: `http://${proxy.host}`,
      OPENTOK_API_URL: `${OPENTOK_API_URL}:${plain.port}`,
    });
    // It does not speak TLS.
    expect(answer.message).toMatch(/^The platform cannot be reached: (?!the proxy)/);
    expect(proxy.asked.map(({ target }) => target)).toEqual([`platform.example.com:${plain.port}`]);
  });

  it.each(["platform.example.com", ".example.com", "*.example.com", "other, example.com", "*", "a,*"])(
    "of which NO_PROXY=%s makes an exception, the platform is called directly",
    async (NO_PROXY) => {
      const proxy = await startForwardProxy();
      const port = await freePort();
      const NAME = "localhost.example.com";
      const answer = await createSession({
        HTTPS_PROXY: `http://${proxy.host}`,
        NO_PROXY,
        // No name server knows it.
        OPENTOK_API_URL: `https://${NO_PROXY.startsWith("platform") ? "platform.example.com" : NAME}:${port}`,
        PLATFORM_TIMEOUT_MS: "1000",
      });
      expect(answer.message).toMatch(/^The platform (cannot be reached: (?!the proxy)|did not answer)/);
      expect(proxy.asked).toEqual([]);
    },
  );

  it("this machine is called directly, whatever NO_PROXY says", async () => {
    const server = await startFaultServer(honest("opentok", API_KEY, API_SECRET));
    onTestFinished(() => server.close());
    const proxy = await startForwardProxy(() => 407);
    // A call elsewhere has the variable looked at.
    const { proxy: config } = parseConfig({ AUTH_JWKS_URI: URI, HTTPS_PROXY: `http://${proxy.host}` });
    const response = await outbound(config)(server.url, { method: "POST" });
    expect([response.status, proxy.asked]).toEqual([404, []]);
    expect(await createSession({ HTTPS_PROXY: `http://${proxy.host}`, OPENTOK_API_URL: server.url })).toMatch(
      /^1_/,
    );
  });
});
