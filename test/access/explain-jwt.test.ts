import { createSecretKey, generateKeyPairSync } from "node:crypto";
import jsonwebtoken from "jsonwebtoken";
import { describe, expect, it } from "vitest";
import { verifyJwt } from "../../src/access/bearer-jwt.ts";
import { explainJwt } from "../../src/access/explain-jwt.ts";
import type { KeyOf } from "../../src/access/jwks.ts";
import type { JwtRules } from "../../src/access/jwt-checks.ts";
import { AuthenticationUnavailable } from "../../src/errors.ts";
import { RULES } from "../support/api-keys.ts";
import { JWT_SECRET } from "../support/callers.ts";

const seconds = 1_795_500_000;
const now = new Date(seconds * 1000);
const PREVIOUS = "canary-of-before-canary-of-before";
const rules: JwtRules = {
  ...RULES,
  previousSecret: createSecretKey(PREVIOUS, "utf8"),
  jwksUri: "https://idp.example.com/keys",
  issuers: ["https://idp.example.com/"],
  audiences: ["stagepass"],
};
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwks: KeyOf = async (kid) => (kid === "a" ? rsa.publicKey : null);

const CLAIMS = {
  sub: "ann",
  iss: "https://idp.example.com/",
  aud: "stagepass",
  exp: seconds + 60,
  scope: "tokens:create sessions:create",
  video_grant: { roles: ["PUBLISHER"], names: ["lobby"], maxLifetime: 60 },
};
const signed = (claims: object = {}, secret = JWT_SECRET) =>
  jsonwebtoken.sign({ ...CLAIMS, ...claims }, secret, { algorithm: "HS256", noTimestamp: true });

/** The steps, once they have been found to show nothing of the token. */
async function explain(token: string, by = rules, keys: KeyOf | null = jwks) {
  const steps = await explainJwt(token, by, keys, now);
  const said = JSON.stringify(steps);
  for (const part of token.split(".").filter((part) => part.length > 8)) expect(said).not.toContain(part);
  expect(said).not.toContain("canary");
  return Object.fromEntries(steps.map(({ what, ok, says }) => [what, ok ? says : `NOT ${says}`]));
}

describe("explainJwt", () => {
  it("says step by step what holds", async () => {
    expect(await explain(signed())).toEqual({
      header: "alg HS256, no kid",
      key: "is from AUTH_JWT_SECRET",
      signature: "is valid",
      nbf: "is absent, so it is valid at once",
      exp: "is 2026-11-24T06:41:00.000Z".replace(
        /is .*/,
        `is ${new Date((seconds + 60) * 1000).toISOString()}`,
      ),
      iat: "is absent",
      aud: "is one of AUTH_JWT_AUDIENCE",
      iss: "is one of AUTH_JWT_ISSUER",
      client_id: "any is accepted: AUTH_JWT_CLIENT_ID is not set",
      sub: 'is "ann"',
      jti: "is absent",
      scopes: "sessions:create tokens:create, from scope",
      roles: "publisher",
      sessions: "none",
      names: "1",
      maxLifetime: "60 seconds",
    });
    const rs256 = jsonwebtoken.sign(CLAIMS, rsa.privateKey, { algorithm: "RS256", keyid: "a" });
    expect(await explain(rs256)).toMatchObject({ key: "is from AUTH_JWKS_URI", signature: "is valid" });
  });

  it.each<[string, string, object]>([
    ["no JWT", "canary", { header: "NOT it is malformed" }],
    [
      "another secret",
      signed({}, "x".repeat(32)),
      { signature: "NOT invalid signature", iss: "is one of AUTH_JWT_ISSUER" },
    ],
    ["the previous secret", signed({}, PREVIOUS), { signature: "is valid with AUTH_JWT_SECRET_PREVIOUS" }],
    [
      "an unknown key",
      jsonwebtoken.sign(CLAIMS, rsa.privateKey, { algorithm: "RS256", keyid: "b" }),
      { key: 'NOT AUTH_JWKS_URI has no key "b" for RS256' },
    ],
    [
      "an unknown algorithm",
      jsonwebtoken.sign(CLAIMS, JWT_SECRET, { algorithm: "HS512" }),
      { key: 'NOT its alg is "HS512", not one of HS256, RS256, ES256, PS256' },
    ],
    ["an end that is past", signed({ exp: seconds - 60 }), { exp: "NOT jwt expired" }],
    [
      "another issuer",
      signed({ iss: "https://idp.example.com" }),
      {
        iss: 'NOT its iss "https://idp.example.com" differs only by the trailing slash; AUTH_JWT_ISSUER is https://idp.example.com/',
      },
    ],
    [
      "no scope",
      signed({ scope: undefined }),
      { scopes: "NOT none: no claim named scope, scp, permissions" },
    ],
    [
      "scopes of others",
      signed({ scope: "openid", scp: ["session:create"] }),
      {
        scopes: "NOT none of this server's, from scope, scp",
        scope: 'NOT "session:create" is not a scope of this server; did you mean sessions:create?',
      },
    ],
    ["no grant", signed({ video_grant: undefined }), { grant: "NOT the claim video_grant is missing" }],
    [
      "a grant that cannot be read",
      signed({ video_grant: { roles: ["PUBLISHER"], maxLifetime: "60" } }),
      {
        maxLifetime:
          "NOT video_grant.maxLifetime must be a whole number of seconds, at least 1; it is a string",
      },
    ],
  ])("says what does not hold of a token with %s", async (_, token, expected) => {
    expect(await explain(token)).toMatchObject(expected);
  });

  it("does not reject when the keys cannot be had", async () => {
    const away: KeyOf = async () => {
      throw new AuthenticationUnavailable("it is away");
    };
    const token = jsonwebtoken.sign(CLAIMS, rsa.privateKey, { algorithm: "RS256", keyid: "a" });
    expect(await explain(token, rules, away)).toMatchObject({
      key: "NOT the keys at AUTH_JWKS_URI cannot be read: it is away",
      iss: "is one of AUTH_JWT_ISSUER",
    });
  });

  it.each([
    {},
    { exp: seconds - 60 },
    { exp: seconds - 59 },
    { exp: "x" },
    { nbf: seconds + 60 },
    { nbf: seconds + 61 },
    { iss: "x" },
    { aud: ["x", "stagepass"] },
    { sub: 1 },
    { jti: 1 },
  ])("finds a token wrong when the server does: %j", async (claims) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = jsonwebtoken.sign(JSON.stringify({ ...CLAIMS, ...claims }), JWT_SECRET, {
      algorithm: "HS256",
    });
    expect(token.split(".")[1]).toBe(part({ ...CLAIMS, ...claims }));
    const accepted = await verifyJwt(token, rules, jwks, now).then(
      () => true,
      () => false,
    );
    const steps = await explainJwt(token, rules, jwks, now);
    expect(steps.every(({ ok }) => ok)).toBe(accepted);
  });
});
