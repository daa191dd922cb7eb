import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { jwksKeys } from "../../src/access/jwks.ts";
import { AuthenticationUnavailable } from "../../src/errors.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
const MINUTE = 60_000;

const jwk = (key: KeyObject, more: object) => ({ ...key.export({ format: "jwk" }), use: "sig", ...more });
const A = jwk(rsa, { kid: "a", alg: "RS256" });
const B = jwk(ec, { kid: "b", alg: "ES256" });

/** What the identity provider answers, and how often it has been asked. */
let answer: { status: number; body: string; location?: string };
let requests: number;
let server: Server;
let uri: string;

const publish = (...keys: object[]) => {
  answer = { status: 200, body: JSON.stringify({ keys }) };
};
const fail = (status = 503) => {
  answer = { status, body: "{}" };
};

beforeEach(async () => {
  requests = 0;
  publish(A, B);
  server = createServer((_, response) => {
    requests++;
    const { status, body, location } = answer;
    response.writeHead(status, { connection: "close", ...(location && { location }) }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  // Every clock of the libraries, so that a test can let an hour pass.
  vi.useFakeTimers({ toFake: ["Date", "hrtime", "setTimeout", "clearTimeout"] });
  vi.spyOn(performance, "now").mockImplementation(() => Date.now());
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await new Promise((closed) => server.close(closed));
});

const pass = (minutes: number) => vi.advanceTimersByTime(minutes * MINUTE);
const isKey = (found: KeyObject | null, key: KeyObject) =>
  found?.equals(createPublicKey(key.export({ format: "pem", type: "spki" })));

describe("jwksKeys", () => {
  it("asks once for many verifications", async () => {
    const keyOf = jwksKeys(uri);
    const found = await keyOf("a", "RS256");
    expect(isKey(found, rsa)).toBe(true);
    for (let times = 0; times < 20; times++) expect(await keyOf("a", "RS256")).toBe(found);
    expect(requests).toBe(1);
  });

  it("asks once for verifications at the same time", async () => {
    const keyOf = jwksKeys(uri);
    const found = await Promise.all(Array.from({ length: 20 }, () => keyOf("a", "RS256")));
    expect(new Set(found).size).toBe(1);
    expect(requests).toBe(1);
  });

  it("finds a key that is new", async () => {
    publish(A);
    const keyOf = jwksKeys(uri);
    expect(await keyOf("b", "ES256")).toBeNull();
    publish(A, B);
    pass(0.1);
    expect(isKey(await keyOf("b", "ES256"), ec)).toBe(true);
  });

  it("finds the only key for a JWT that names none, but chooses none of several", async () => {
    publish(A);
    expect(isKey(await jwksKeys(uri)(undefined, "RS256"), rsa)).toBe(true);
    publish(A, B);
    expect(await jwksKeys(uri)(undefined, "RS256")).toBeNull();
  });

  it("asks at most every six seconds, whoever asks for what, while known keys go on working", async () => {
    const keyOf = jwksKeys(uri);
    for (let second = 0; second < 60; second++) {
      const strangers = Array.from({ length: 50 }, (_, number) => keyOf(`${second}-${number}`, "RS256"));
      expect(new Set(await Promise.all(strangers))).toEqual(new Set([null]));
      expect(isKey(await keyOf("a", "RS256"), rsa)).toBe(true);
      pass(1 / 60);
    }
    expect(requests).toBe(10);
  });

  it("finds a key after strangers have asked for unknown ones, at the same time too", async () => {
    const keyOf = jwksKeys(uri);
    const strangers = Array.from({ length: 100 }, (_, number) => keyOf(`stranger-${number}`, "RS256"));
    const [found] = await Promise.all([keyOf("b", "ES256"), ...strangers]);
    expect(isKey(found ?? null, ec)).toBe(true);
    expect(isKey(await keyOf("a", "RS256"), rsa)).toBe(true);
    expect(requests).toBe(1);
  });

  it("does not ask again at once when the provider has failed", async () => {
    fail();
    const keyOf = jwksKeys(uri);
    for (let times = 0; times < 20; times++) {
      await expect(keyOf("a", "RS256")).rejects.toThrow(AuthenticationUnavailable);
    }
    expect(requests).toBe(1);
  });

  it("does not say of a key that it is unknown while the provider cannot be asked", async () => {
    const keyOf = jwksKeys(uri);
    await keyOf("a", "RS256");
    fail();
    pass(0.1);
    await expect(keyOf("new", "RS256")).rejects.toThrow(AuthenticationUnavailable);
    expect(await keyOf("a", "RS256")).not.toBeNull();
  });

  it("tells keys of one ID apart by their algorithms", async () => {
    publish(A, { ...B, kid: "a" });
    const keyOf = jwksKeys(uri);
    expect(isKey(await keyOf("a", "ES256"), ec)).toBe(true);
    expect(isKey(await keyOf("a", "RS256"), rsa)).toBe(true);
  });

  it("finds no key for an ID that is empty", async () => {
    publish(A);
    expect(await jwksKeys(uri)("", "RS256")).toBeNull();
  });

  it("asks again after ten minutes, and not before", async () => {
    const keyOf = jwksKeys(uri);
    await keyOf("a", "RS256");
    pass(9.9);
    await keyOf("a", "RS256");
    expect(requests).toBe(1);
    pass(0.2);
    expect(isKey(await keyOf("a", "RS256"), rsa)).toBe(true);
    expect(requests).toBe(2);
  });

  it("refuses a key that is gone, even when the provider fails afterwards", async () => {
    const keyOf = jwksKeys(uri);
    await keyOf("a", "RS256");
    publish(B);
    pass(11);
    expect(await keyOf("a", "RS256")).toBeNull();
    fail();
    pass(1);
    await expect(keyOf("a", "RS256")).rejects.toThrow(AuthenticationUnavailable);
  });

  it("takes the other key of the same name once it is published", async () => {
    const keyOf = jwksKeys(uri);
    await keyOf("a", "RS256");
    publish(jwk(ec, { kid: "a" }));
    pass(11);
    expect(isKey(await keyOf("a", "ES256"), ec)).toBe(true);
    fail();
    pass(11);
    expect(isKey(await keyOf("a", "ES256"), ec)).toBe(true);
  });

  it("uses a known key for an hour more while the provider fails", async () => {
    const keyOf = jwksKeys(uri);
    const known = await keyOf("a", "RS256");
    fail();
    pass(69);
    expect(await keyOf("a", "RS256")).toBe(known);
    pass(2);
    await expect(keyOf("a", "RS256")).rejects.toThrow(AuthenticationUnavailable);
  });

  it("begins that hour anew each time that the provider answers", async () => {
    const keyOf = jwksKeys(uri);
    await keyOf("a", "RS256");
    pass(60);
    await keyOf("a", "RS256");
    fail();
    pass(60);
    expect(isKey(await keyOf("a", "RS256"), rsa)).toBe(true);
  });

  it.each<[string, () => void]>([
    ["answers 503", () => fail()],
    ["answers 404", () => fail(404)],
    ["answers with no JSON", () => (answer = { status: 200, body: "<html>" })],
    ["has no keys", () => publish()],
    ["has an answer of another shape", () => (answer = { status: 200, body: "{}" })],
    [
      "sends us elsewhere",
      () => (answer = { status: 302, body: "", location: uri.replace("jwks", "other") }),
    ],
    ["answers with keys and status 500", () => (answer = { ...answer, status: 500 })],
    ["has keys for encryption only", () => publish({ ...A, use: "enc" })],
    ["has secrets only", () => publish({ kty: "oct", k: "c2VjcmV0", kid: "a", alg: "RS256" })],
    ["has private keys only", () => publish({ ...A, d: A.n })],
    ["has keys that are none", () => publish({ kty: "RSA", kid: "a" }, {})],
  ])("is unavailable when at first the provider %s, and recovers", async (_, breakIt) => {
    breakIt();
    const keyOf = jwksKeys(uri);
    await expect(keyOf("a", "RS256")).rejects.toThrow(AuthenticationUnavailable);
    expect(requests).toBe(1);
    publish(A);
    pass(0.1);
    expect(isKey(await keyOf("a", "RS256"), rsa)).toBe(true);
  });

  it("is unavailable when nobody listens", async () => {
    const keyOf = jwksKeys("http://127.0.0.1:1/jwks.json");
    await expect(keyOf("a", "RS256")).rejects.toThrow(AuthenticationUnavailable);
  });

  it("does not use a key for another algorithm than it says", async () => {
    const keyOf = jwksKeys(uri);
    expect(await keyOf("a", "PS256")).toBeNull();
    expect(await keyOf("a", "RS256")).not.toBeNull();
    expect(await keyOf("b", "RS256")).toBeNull();
  });

  it("uses a key that says no algorithm and no use for any algorithm that is asked, beside what is no key", async () => {
    publish({ kty: "oct", kid: "a" }, { ...rsa.export({ format: "jwk" }), kid: "a" });
    const keyOf = jwksKeys(uri);
    expect(isKey(await keyOf("a", "RS256"), rsa)).toBe(true);
    expect(isKey(await keyOf("a", "PS256"), rsa)).toBe(true);
  });

  describe("its check", () => {
    it("fails until there are keys, and asks for them every six seconds at most", async () => {
      fail();
      const keyOf = jwksKeys(uri);
      for (let times = 0; times < 20; times++) {
        await expect(keyOf.check()).rejects.toThrow(AuthenticationUnavailable);
      }
      expect(requests).toBe(1);
      publish(A);
      pass(0.1);
      await keyOf.check();
      await keyOf.check();
      expect(requests).toBe(2);
    });

    it("passes for the hour in which old keys are used, without waiting for the provider", async () => {
      const keyOf = jwksKeys(uri);
      await keyOf.check();
      fail();
      pass(9.9);
      await keyOf.check();
      expect(requests).toBe(1);
      pass(60);
      await keyOf.check();
      await expect.poll(() => requests).toBe(2);
      pass(0.2);
      await expect(keyOf.check()).rejects.toThrow(AuthenticationUnavailable);
      publish(A);
      pass(0.1);
      await keyOf.check();
    });
  });
});
