import {
  constants,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  type SigningOptions,
  sign,
} from "node:crypto";
import { describe, expect, it } from "vitest";
import { verifyJwt } from "../../src/access/bearer-jwt.ts";
import { CLAIM_NAMES } from "../../src/access/claims.ts";
import type { KeyOf } from "../../src/access/jwks.ts";
import type { JwtRules } from "../../src/access/jwt-checks.ts";
import { Unauthenticated } from "../../src/errors.ts";

const now = new Date(1_795_500_000_999);
const seconds = 1_795_500_000;
const secret = createSecretKey("canary-of-the-secret-canary-of-the-secret", "utf8");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });

/** The keys of an identity provider: each for whatever algorithm is asked, so that the verification must decide. */
const published: Record<string, KeyObject> = { rsa: rsa.publicKey, ec: ec.publicKey };
const jwks: KeyOf = async (kid) => published[kid ?? "rsa"] ?? null;

const issuer = "https://canary-issuer.example";
const audience = "canary-audience";
const rules: JwtRules = {
  secret,
  previousSecret: null,
  jwksUri: "https://jwks.example",
  issuers: [issuer],
  audiences: [audience],
  clientIds: [],
  claims: CLAIM_NAMES,
};
const lax: JwtRules = { ...rules, issuers: [], audiences: [] };
const claims = { sub: "alice", iss: issuer, aud: audience, exp: seconds + 60 };

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
const hmac = (hash: string, key: KeyObject | string) => (input: string) =>
  createHmac(hash, key).update(input).digest("base64url");
const signer = (key: KeyObject, options: SigningOptions = {}) => {
  return (input: string) => sign("sha256", Buffer.from(input), { key, ...options }).toString("base64url");
};
const hs256 = hmac("sha256", secret);
const rs256 = signer(rsa.privateKey);
const ps256 = signer(rsa.privateKey, PSS);
const es256 = signer(ec.privateKey, { dsaEncoding: "ieee-p1363" });

/** A JWT that says anything, signed by any means: no library would make most of them. */
function jwt(header: unknown, payload: unknown = claims, signature: (input: string) => string = hs256) {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signature(input)}`;
}
const saying = (payload: object) => jwt({ alg: "HS256", typ: "JWT" }, { ...claims, ...payload });

/** The refusal, once it has been found to tell nothing that it should not. */
async function refusal(token: string, by: JwtRules = rules, keys: KeyOf | null = jwks): Promise<string> {
  const error = await verifyJwt(token, by, keys, now).then(
    () => expect.unreachable("it was accepted"),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(Unauthenticated);
  const [start, reason] = error.message.split(/(?<=^The bearer token is not accepted): /);
  expect(start).toBe("The bearer token is not accepted");
  expect(reason).not.toBe("");
  expect(error.message).not.toContain("canary");
  for (const part of token.split(".")) if (part !== "") expect(error.message).not.toContain(part);
  return reason;
}

const noKey = "this server has no key for its alg and kid";

describe("verifyJwt accepts", () => {
  it.each<[string, string]>([
    ["HS256", jwt({ alg: "HS256" })],
    ["RS256", jwt({ alg: "RS256", kid: "rsa" }, claims, rs256)],
    ["PS256", jwt({ alg: "PS256", kid: "rsa" }, claims, ps256)],
    ["ES256", jwt({ alg: "ES256", kid: "ec" }, claims, es256)],
    ["RS256 without a kid", jwt({ alg: "RS256" }, claims, rs256)],
    ["what expired 59 seconds ago", saying({ exp: seconds - 59 })],
    ["what is valid in 59 seconds", saying({ nbf: seconds + 59 })],
    ["what is valid in 60 seconds", saying({ nbf: seconds + 60 })],
    ["our audience among others", saying({ aud: ["another", audience] })],
    ["what says when it was issued, and its ID", saying({ iat: seconds, jti: "1" })],
    ["no subject", saying({ sub: undefined })],
    ["a subject of 255 characters", saying({ sub: "ü".repeat(255) })],
    ["what is 8192 characters long", padded(8192)],
  ])("%s", async (_, token) => {
    const { sub, ...verified } = await verifyJwt(token, rules, jwks, now);
    expect(verified).toMatchObject({ iss: issuer });
    expect([undefined, "alice", "ü".repeat(255)]).toContain(sub);
  });

  it("any issuer and audience, or none, when none is configured", async () => {
    const payload = { exp: seconds + 1, scope: "a", video_grant: { roles: [] } };
    await expect(verifyJwt(jwt({ alg: "HS256" }, payload), lax, null, now)).resolves.toEqual(payload);
    await expect(verifyJwt(saying({ iss: "x", aud: "y" }), lax, null, now)).resolves.toMatchObject({
      iss: "x",
    });
  });

  it("an issuer and an audience each by its own rule", async () => {
    const token = saying({ aud: "another" });
    await expect(verifyJwt(token, { ...rules, audiences: [] }, null, now)).resolves.toBeDefined();
    const other = saying({ iss: "another" });
    await expect(verifyJwt(other, { ...rules, issuers: [] }, null, now)).resolves.toBeDefined();
  });
});

describe("a previous secret", () => {
  const before = "canary-of-a-secret-before-canary-of-it";
  const both: JwtRules = { ...rules, previousSecret: createSecretKey(before, "utf8") };

  it("verifies as well, and a third one does not", async () => {
    for (const secret of [before, "canary-of-the-secret-canary-of-the-secret"]) {
      await expect(
        verifyJwt(jwt({ alg: "HS256" }, claims, hmac("sha256", secret)), both, null, now),
      ).resolves.toEqual(claims);
    }
    expect(await refusal(jwt({ alg: "HS256" }, claims, hmac("sha256", "third")), both)).toBe(
      "invalid signature",
    );
  });

  it("verifies nothing when it is taken away", async () => {
    expect(await refusal(jwt({ alg: "HS256" }, claims, hmac("sha256", before)))).toBe("invalid signature");
  });
});

describe("one of several values", () => {
  it.each<[Partial<JwtRules>, object]>([
    [{ issuers: ["a", issuer] }, {}],
    [{ audiences: ["a", audience] }, {}],
    [{ audiences: ["a", "b"] }, { aud: ["x", "b"] }],
    [{ clientIds: ["a", "b"] }, { client_id: "b" }],
    [{ clientIds: ["a", "b"] }, { azp: "a" }],
    [{ clientIds: ["a"] }, { client_id: "a", azp: "x" }],
  ])("is enough: %j", async (change, payload) => {
    await expect(verifyJwt(saying(payload), { ...rules, ...change }, null, now)).resolves.toBeDefined();
  });

  it.each<[Partial<JwtRules>, object, string]>([
    [{ issuers: ["a", "b"] }, {}, "jwt issuer invalid"],
    [{ audiences: ["a", "b"] }, { aud: ["x", "y"] }, "jwt audience invalid"],
    [{ audiences: ["a,b"] }, { aud: ["a", "b"] }, "jwt audience invalid"],
    [{ clientIds: ["a"] }, {}, "jwt client invalid"],
    [{ clientIds: ["a"] }, { client_id: "x", azp: "a" }, "jwt client invalid"],
    [{ clientIds: ["a"] }, { client_id: ["a"] }, "jwt client invalid"],
  ])("is needed: %j", async (change, payload, reason) => {
    expect(await refusal(saying(payload), { ...rules, ...change })).toBe(reason);
  });
});

describe("verifyJwt refuses, for its signature,", () => {
  const pem = rsa.publicKey.export({ format: "pem", type: "spki" });
  const der = rsa.publicKey.export({ format: "der", type: "spki" });

  it.each<[string, string]>([
    ["the algorithm none", jwt({ alg: "none" }, claims, () => "")],
    ["the algorithm None", jwt({ alg: "None" }, claims, () => "")],
    ["the algorithm none with a signature", jwt({ alg: "none" })],
    ["HS384", jwt({ alg: "HS384" }, claims, hmac("sha384", secret))],
    ["HS512", jwt({ alg: "HS512" }, claims, hmac("sha512", secret))],
    ["a kid that is unknown", jwt({ alg: "RS256", kid: "other" }, claims, rs256)],
    ["a kid that is unknown, though HMAC would do", jwt({ alg: "ES256", kid: "other" }, claims, hs256)],
  ])("%s", async (_, token) => {
    expect(await refusal(token)).toBe(noKey);
  });

  it.each<[string, string]>([
    ["a public PEM as the secret", jwt({ alg: "HS256", kid: "rsa" }, claims, hmac("sha256", `${pem}`))],
    [
      "a public DER as the secret",
      jwt({ alg: "HS256", kid: "rsa" }, claims, hmac("sha256", createSecretKey(der))),
    ],
    ["another secret", jwt({ alg: "HS256" }, claims, hmac("sha256", "another"))],
    ["a signature of something else", jwt({ alg: "RS256", kid: "rsa" }, claims, () => rs256("x"))],
    ["no signature", jwt({ alg: "HS256" }, claims, () => "")],
    ["RS256 with the EC key", jwt({ alg: "RS256", kid: "ec" }, claims, es256)],
    ["PS256 with the EC key", jwt({ alg: "PS256", kid: "ec" }, claims, es256)],
    ["ES256 with the RSA key", jwt({ alg: "ES256", kid: "rsa" }, claims, rs256)],
    ["RS256 that says PS256", jwt({ alg: "PS256", kid: "rsa" }, claims, rs256)],
    ["PS256 that says RS256", jwt({ alg: "RS256", kid: "rsa" }, claims, ps256)],
    ["HS256 that says RS256", jwt({ alg: "RS256", kid: "rsa" })],
  ])("%s", async (_, token) => {
    await refusal(token);
  });

  it("RS256 when no keys of a provider are configured", async () => {
    expect(await refusal(jwt({ alg: "RS256", kid: "rsa" }, claims, rs256), rules, null)).toBe(noKey);
  });

  it("HS256 when no secret is configured, whatever keys the provider has", async () => {
    expect(await refusal(jwt({ alg: "HS256", kid: "rsa" }), { ...rules, secret: null })).toBe(noKey);
  });
});

describe("verifyJwt refuses, for what it says,", () => {
  it.each<[string, string, string]>([
    ["no exp", saying({ exp: undefined }), "it has no exp"],
    ["what expired 61 seconds ago", saying({ exp: seconds - 61 }), "jwt expired"],
    ["what expired 60 seconds ago", saying({ exp: seconds - 60 }), "jwt expired"],
    ["what is valid in 61 seconds", saying({ nbf: seconds + 61 }), "jwt not active"],
    ["an exp that is a string", saying({ exp: `${seconds + 60}` }), "its exp is not a number"],
    ["an exp that is null", saying({ exp: null }), "its exp is not a number"],
    ["an nbf that is a string", saying({ nbf: `${seconds}` }), "its nbf is not a number"],
    ["an iat that is a string", saying({ iat: `${seconds}` }), "its iat is not a number"],
    ["a sub that is an object", saying({ sub: { id: 1 } }), "its sub is not a string"],
    ["a sub that is null", saying({ sub: null }), "its sub is not a string"],
    [
      "a sub of 256 characters",
      saying({ sub: "a".repeat(256) }),
      "its sub must be Unicode without U+0000, at most 255 characters",
    ],
    [
      "a sub with U+0000",
      saying({ sub: "a\0" }),
      "its sub must be Unicode without U+0000, at most 255 characters",
    ],
    [
      "a sub with a lone surrogate",
      saying({ sub: "\ud800" }),
      "its sub must be Unicode without U+0000, at most 255 characters",
    ],
    ["a jti that is a number", saying({ jti: 1 }), "its jti is not a string"],
    ["an iss that is a list", saying({ iss: [issuer] }), "jwt issuer invalid"],
    ["another issuer", saying({ iss: "another" }), "jwt issuer invalid"],
    ["no issuer", saying({ iss: undefined }), "jwt issuer invalid"],
    ["another audience", saying({ aud: "another" }), "jwt audience invalid"],
    ["other audiences", saying({ aud: ["another", "third"] }), "jwt audience invalid"],
    ["no audience", saying({ aud: undefined }), "jwt audience invalid"],
    ["a crit header", jwt({ alg: "HS256", crit: ["exp"] }), "its header has crit, which is not supported"],
    [
      "a crit header that is null",
      jwt({ alg: "HS256", crit: null }),
      "its header has crit, which is not supported",
    ],
    ["no algorithm", jwt({ typ: "JWT" }), "its alg is not a string"],
    ["an algorithm that is a list", jwt({ alg: ["HS256"] }), "its alg is not a string"],
    ["an algorithm that cannot be text", jwt({ alg: { toString: 1 } }), "its alg is not a string"],
    ["a kid that is a number", jwt({ alg: "RS256", kid: 1 }, claims, rs256), "its kid is not a string"],
    ["a kid that is null", jwt({ alg: "HS256", kid: null }), "its kid is not a string"],
    ["what is 8193 characters long", padded(8193), "it is longer than 8192 characters"],
    ["a text", "canary", "it is malformed"],
    ["two parts", jwt({ alg: "HS256" }).split(".").slice(0, 2).join("."), "it is malformed"],
    ["four parts", `${jwt({ alg: "HS256" })}.x`, "it is malformed"],
    ["no header", `.${encode(claims)}.x`, "it is malformed"],
    ["a header that is no JSON", `${Buffer.from("{").toString("base64url")}.e30.x`, "it is malformed"],
    ["a payload that is no JSON", `${encode({ alg: "HS256", typ: "JWT" })}.AAAA.x`, "it is malformed"],
  ])("%s", async (_, token, reason) => {
    expect(await refusal(token)).toBe(reason);
  });

  it("an iss that is a list, when any is accepted", async () => {
    expect(await refusal(saying({ iss: [issuer] }), lax)).toBe("its iss is not a string");
  });

  it.each<[string, unknown]>([
    ["a list", [claims]],
    ["a string", "alice"],
    ["a number", 1],
  ])("a payload that is %s", async (_, payload) => {
    for (const header of [{ alg: "HS256" }, { alg: "HS256", typ: "JWT" }]) {
      expect(await refusal(jwt(header, payload), lax)).toBe("its payload is not an object");
      await refusal(jwt(header, payload));
    }
  });

  it("a payload that is null", async () => {
    expect(await refusal(jwt({ alg: "HS256" }, null), lax)).toBe("its payload is not an object");
    expect(await refusal(jwt({ alg: "HS256", typ: "JWT" }, null), lax)).toBe("it is malformed");
  });

  it.each(["1e999", "-1e999"])("an exp of %s, which is no date", async (exp) => {
    const input = `${encode({ alg: "HS256" })}.${Buffer.from(`{"exp":${exp}}`).toString("base64url")}`;
    await refusal(`${input}.${hs256(input)}`, lax);
  });
});

/** A genuine JWT of so many characters, padded in its header and payload. */
function padded(length: number): string {
  for (let header = 0; header < 3; header++) {
    const rest = length - jwt({ alg: "HS256", x: "x".repeat(header) }, { ...claims, x: "" }).length;
    for (let x = Math.floor((rest * 3) / 4) - 3; x < rest; x++) {
      const token = jwt({ alg: "HS256", x: "x".repeat(header) }, { ...claims, x: "x".repeat(x) });
      if (token.length === length) return token;
      if (token.length > length) break;
    }
  }
  throw new Error(`no JWT has ${length} characters`);
}
