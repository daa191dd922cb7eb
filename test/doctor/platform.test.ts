import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lookAtPlatform } from "../../src/doctor/platform.ts";
import { lookAtProxy } from "../../src/doctor/proxy.ts";
import { adviceForNoAnswer } from "../../src/platform/advice.ts";
import { CREDENTIAL_NAMES } from "../../src/platform/credential-names.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { foundBy, openTokAt } from "../support/doctor.ts";
import {
  answer,
  answerJson,
  type Behaviour,
  type FaultServer,
  hang,
  refuse,
  refuseXml,
  resetAtOnce,
  startFaultServer,
} from "../support/fault-server.ts";
import { freePort } from "../support/postgres.ts";

let platform: FaultServer;
beforeAll(async () => {
  platform = await startFaultServer();
});
afterAll(() => platform.close());

const openTok = (behaviour: Behaviour, env: Record<string, string> = {}) => {
  platform.behave(behaviour);
  return foundBy(lookAtPlatform, { ...openTokAt(platform.url), ...env });
};
const ARCHIVES = answerJson(200, { count: 0, items: [] });

describe("the platform's credentials", () => {
  it("are tried by listing one archive of the OpenTok project", async () => {
    expect(await openTok(ARCHIVES)).toEqual([
      "ok OPENTOK_API_SECRET: the platform accepts this key for this OPENTOK_API_KEY",
      "ok clock: matches the platform's clock",
    ]);
    const { method, path, headers, body } = platform.received.at(-1) ?? {};
    expect({ method, path, body }).toEqual({
      method: "GET",
      path: `/v2/project/${API_KEY}/archive?count=1`,
      body: "",
    });
    expect(jwt.verify(String(headers?.["x-opentok-auth"]), API_SECRET)).toMatchObject({ iss: API_KEY });
  });

  it("are tried by listing one archive of the Vonage application", async () => {
    platform.behave(ARCHIVES);
    const found = await foundBy(lookAtPlatform, {
      VONAGE_APPLICATION_ID: APPLICATION_ID,
      VONAGE_PRIVATE_KEY: PRIVATE_KEY,
      VONAGE_API_URL: platform.url,
    });
    expect(found[0]).toBe(
      "ok VONAGE_PRIVATE_KEY: the platform accepts this key for this VONAGE_APPLICATION_ID",
    );
    const { path, headers } = platform.received.at(-1) ?? {};
    expect(path).toBe(`/v2/project/${APPLICATION_ID}/archive?count=1`);
    const token = String(headers?.authorization).replace("Bearer ", "");
    expect(jwt.verify(token, PRIVATE_KEY)).toMatchObject({ application_id: APPLICATION_ID });
  });

  it("that Vonage refuses may lack the capability", async () => {
    platform.behave(answer(401, "text/plain", ""));
    const [found] = await foundBy(lookAtPlatform, {
      VONAGE_APPLICATION_ID: APPLICATION_ID,
      VONAGE_PRIVATE_KEY: PRIVATE_KEY,
      VONAGE_API_URL: platform.url,
    });
    expect(found).toBe(
      "FAIL VONAGE_PRIVATE_KEY: the platform refuses the key: 401. The platform does not accept this server's credentials: check VONAGE_APPLICATION_ID and VONAGE_PRIVATE_KEY; the application needs the Video capability",
    );
  });

  it.each([
    [
      refuse(403, "Invalid signature"),
      "FAIL OPENTOK_API_SECRET: the platform refuses the key: 403, Invalid signature. OPENTOK_API_SECRET does not belong to OPENTOK_API_KEY: check it",
    ],
    [
      refuseXml(403, "Issuer not found"),
      "FAIL OPENTOK_API_SECRET: the platform refuses the key: 403, Issuer not found. The platform does not know this OPENTOK_API_KEY: check it, and OPENTOK_API_URL",
    ],
    [
      refuse(404, "Not found"),
      "FAIL OPENTOK_API_URL: the platform does not find this project: 404, Not found; check OPENTOK_API_URL and OPENTOK_API_KEY",
    ],
    [
      refuse(429, "Slow down"),
      "- OPENTOK_API_SECRET: not tested: the platform limits this project's requests; try again later",
    ],
    [answer(503, "text/html", "<p>"), "FAIL OPENTOK_API_URL: the platform is unavailable: it answered 503"],
    [
      answer(200, "text/html", "<p>Sign in to the hotel's network"),
      "FAIL OPENTOK_API_URL: the answer is not from the platform: 200; check OPENTOK_API_URL, and any proxy on the path",
    ],
    [
      answer(302, "text/html", "", { location: "https://example.com" }),
      "FAIL OPENTOK_API_URL: the answer is not from the platform: 302; check OPENTOK_API_URL, and any proxy on the path",
    ],
  ])("have what the platform answers told, %#", async (behaviour, says) => {
    expect((await openTok(behaviour))[0]).toBe(says);
  });

  it("are told to be behind or ahead, from five seconds on", async () => {
    const dated = (offset: number) => (seconds: number) =>
      answerJson(
        200,
        { items: [] },
        { date: new Date(Date.UTC(2026, 10, 28, 12, 0, seconds + offset)).toUTCString() },
      );
    const clock = () => new Date(Date.UTC(2026, 10, 28, 12));
    const foundAt = async (seconds: number) => {
      platform.behave(dated(0)(seconds));
      return (await foundBy(lookAtPlatform, openTokAt(platform.url), clock))[1];
    };
    expect(await foundAt(4)).toBe("ok clock: matches the platform's clock");
    expect(await foundAt(5)).toBe(
      "FAIL clock: this machine's clock is 5 seconds behind the platform's: synchronize it with NTP",
    );
    expect(await foundAt(-4)).toBe("ok clock: matches the platform's clock");
    expect(await foundAt(-90)).toBe(
      "FAIL clock: this machine's clock is 90 seconds ahead of the platform's: synchronize it with NTP",
    );
  });

  it("of the local platform join no real call", async () => {
    expect(await foundBy(lookAtPlatform, {})).toEqual([
      "- PLATFORM: local, the built-in platform: its tokens do not join real calls",
    ]);
  });
});

describe("a platform that cannot be reached", () => {
  it("is told to be silent", async () => {
    expect(await openTok(hang, { PLATFORM_TIMEOUT_MS: "200" })).toEqual([
      `FAIL OPENTOK_API_URL: ${platform.url} cannot be reached: it did not answer in time: check OPENTOK_API_URL, the firewall, and whether this machine needs a proxy`,
    ]);
  });

  it("is told to break off", async () => {
    expect(await openTok(resetAtOnce)).toEqual([
      expect.stringMatching(
        /^FAIL OPENTOK_API_URL: \S+ cannot be reached: .+: check OPENTOK_API_URL, the firewall/,
      ),
    ]);
  });

  it("is told to be nowhere", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await foundBy(lookAtPlatform, openTokAt(url))).toEqual([
      expect.stringMatching(/ECONNREFUSED \S+: nothing listens there: check OPENTOK_API_URL$/),
    ]);
    expect(await foundBy(lookAtPlatform, openTokAt("https://platform.invalid"))).toEqual([
      expect.stringMatching(/platform\.invalid: its host has no address: check OPENTOK_API_URL and DNS$/),
    ]);
  });

  it("is behind a proxy that cannot be reached", async () => {
    const env = {
      ...openTokAt("https://platform.invalid"),
      HTTPS_PROXY: `http://user:canary-password@127.0.0.1:${await freePort()}`,
    };
    expect(await foundBy(lookAtPlatform, env)).toEqual([
      "FAIL OPENTOK_API_URL: https://platform.invalid cannot be reached: the proxy of HTTPS_PROXY cannot be reached: ECONNREFUSED",
    ]);
    expect(await foundBy(lookAtProxy, { ...env, NO_PROXY: "idp.internal" })).toEqual([
      expect.stringMatching(
        /^ok HTTPS_PROXY: calls go through http:\/\/127\.0\.0\.1:\d+, except to this machine and idp\.internal; PostgreSQL and traces do not$/,
      ),
    ]);
    expect(await foundBy(lookAtProxy, {})).toEqual([]);
  });

  it("is told not to use TLS", async () => {
    expect(await foundBy(lookAtPlatform, openTokAt(platform.url.replace("http:", "https:")))).toEqual([
      expect.stringMatching(/or it does not use TLS: check OPENTOK_API_URL; .*NODE_EXTRA_CA_CERTS$/),
    ]);
  });

  it.each([
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "CERT_HAS_EXPIRED",
    "ERR_TLS_CERT_ALTNAME_INVALID",
  ])("is told to have a certificate that is not trusted, by %s", (code) => {
    expect(adviceForNoAnswer(code, CREDENTIAL_NAMES.vonage)).toMatch(
      /^its certificate is not trusted, .* VONAGE_API_URL;/,
    );
  });
});
