import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lookAtIdentityProvider } from "../../src/doctor/identity-provider.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { foundBy } from "../support/doctor.ts";
import { answer, answerJson, type FaultServer, startFaultServer } from "../support/fault-server.ts";

let provider: FaultServer;
beforeAll(async () => {
  provider = await startFaultServer();
});
afterAll(() => provider.close());

const jwkOf = (
  kid: string | undefined,
  members: object,
  pair: { publicKey: import("node:crypto").KeyObject },
) => ({
  ...pair.publicKey.export({ format: "jwk" }),
  ...(kid !== undefined && { kid }),
  ...members,
});
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });
const P256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ED25519 = generateKeyPairSync("ed25519");

/** Publishes keys, and says of itself what it is. */
const publish = (keys: object[], discovery: object | null = null) =>
  provider.behave((response, request) => {
    if (request.path === "/jwks.json") return answerJson(200, { keys })(response, request);
    if (discovery && request.path === "/.well-known/openid-configuration")
      return answerJson(200, discovery)(response, request);
    return answer(404, "text/plain", "")(response, request);
  });
const find = (env: Record<string, string> = {}) =>
  foundBy(lookAtIdentityProvider, {
    AUTH_JWKS_URI: `${provider.url}/jwks.json`,
    AUTH_JWT_AUDIENCE: "us",
    ...env,
  });

describe("the identity provider's keys", () => {
  it("are counted and named, with what they are for", async () => {
    publish([
      jwkOf("a", { alg: "RS256" }, RSA),
      jwkOf("b".repeat(60), {}, P256),
      jwkOf(undefined, {}, RSA),
      jwkOf("ed", {}, ED25519),
    ]);
    expect((await find())[0]).toBe(
      'ok AUTH_JWKS_URI: 3 usable keys: "a" for RS256, "bbbbbbbbbbbbbbbb…" for ES256, without kid for RS256 or PS256',
    );
  });

  it("are named up to eight", async () => {
    publish(Array.from({ length: 9 }, (_, i) => jwkOf(`k${i}`, {}, P256)));
    expect((await find())[0]).toMatch(/^ok AUTH_JWKS_URI: 9 usable keys: .*"k7" for ES256, 1 more$/);
  });

  it("are useless for other algorithms", async () => {
    publish([jwkOf("ed", {}, ED25519), jwkOf("a", { alg: "RS512" }, RSA)]);
    expect((await find())[0]).toBe("FAIL AUTH_JWKS_URI: none of its 2 keys is for RS256, PS256 or ES256");
  });

  it("may not be there", async () => {
    provider.behave(answer(404, "text/plain", ""));
    expect((await find())[0]).toBe(
      "FAIL AUTH_JWKS_URI: its keys cannot be read: the JWKS endpoint answered with status 404",
    );
  });
});

describe("what the provider says of itself", () => {
  const issuer = () => provider.url;
  const document = (changes: object = {}) => ({
    issuer: issuer(),
    jwks_uri: `${provider.url}/jwks.json`,
    ...changes,
  });
  const findIssuer = async (changes: object | null, env: Record<string, string> = {}) => {
    publish([jwkOf("a", {}, RSA)], changes && document(changes));
    return (await find({ AUTH_JWT_ISSUER: issuer(), ...env })).slice(1);
  };

  it("is compared with what is configured", async () => {
    expect(await findIssuer({})).toEqual(["ok AUTH_JWT_ISSUER: matches the discovery document"]);
  });

  it("differs by a slash, with which no JWT is accepted", async () => {
    expect(await findIssuer({ issuer: `${issuer()}/` })).toEqual([
      `FAIL AUTH_JWT_ISSUER: the provider writes "${issuer()}/" as iss, so none of its JWTs is accepted: set this value`,
    ]);
  });

  it("is the one of several that has a document, whose keys are not compared", async () => {
    const several = { AUTH_JWT_ISSUER: `${issuer()},${issuer()}/,our-own-issuer` };
    expect(
      await findIssuer({ issuer: `${issuer()}/`, jwks_uri: "https://example.com/keys" }, several),
    ).toEqual([
      "ok AUTH_JWT_ISSUER: matches the discovery document",
      "ok AUTH_JWT_ISSUER: matches the discovery document",
    ]);
  });

  it("names other keys", async () => {
    expect(await findIssuer({ jwks_uri: "https://example.com/keys\u001b[2J" })).toEqual([
      "ok AUTH_JWT_ISSUER: matches the discovery document",
      '- AUTH_JWKS_URI: the provider\'s discovery document has "https://example.com/keys\\u001b[2J": check which one is right',
    ]);
  });

  it("is not needed", async () => {
    expect(await findIssuer(null)).toEqual([
      `- AUTH_JWT_ISSUER: not compared: ${issuer()}/.well-known/openid-configuration cannot be read: it answered with status 404`,
    ]);
    expect(await findIssuer({}, { AUTH_JWT_ISSUER: "our-own-issuer" })).toEqual([]);
  });
});

it("is not asked where there is none", async () => {
  expect(await foundBy(lookAtIdentityProvider, { AUTH_JWT_SECRET: JWT_SECRET })).toEqual([]);
  expect(await foundBy(lookAtIdentityProvider, {})).toEqual([]);
});
