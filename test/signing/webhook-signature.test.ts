import { createHash, createHmac, createSecretKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { jwtVerify, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import {
  hasHash,
  MAX_WEBHOOK_AGE,
  MAX_WEBHOOK_JWT,
  signWebhook,
  verifyWebhook,
  type WebhookProject,
} from "../../src/signing/webhook-signature.ts";
import { API_KEY, APPLICATION_ID } from "../support/credentials.ts";
import { inputs } from "../support/long.ts";

const OPENTOK: WebhookProject = { environment: "opentok", applicationId: API_KEY };
const VONAGE: WebhookProject = { environment: "vonage", applicationId: APPLICATION_ID };
const NOW = new Date("2026-11-29T01:00:00Z");
const SECONDS = NOW.getTime() / 1000;
const key = createSecretKey("canary-of-webhooks", "utf8");
const previous = createSecretKey("b", "utf8");
const BODY = Buffer.from('{"event":"connectionCreated"}');
const HASH = createHash("sha256").update(BODY).digest("hex");

const CLAIMS = { iss: "Vonage", iat: SECONDS, jti: "a", payload_hash: HASH, api_key: API_KEY };

const signed = (claims: object, header: object = {}, by: KeyObject = key) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: "HS256", typ: "JWT", ...header }).sign(by);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const verify = (token: string, project = OPENTOK, keys = [key]) => verifyWebhook(token, keys, project, NOW);

describe("signWebhook", () => {
  it("makes a JWT that jose verifies, with the platform's claims", async () => {
    const token = signWebhook(BODY, API_KEY, key, NOW);
    const { payload, protectedHeader } = await jwtVerify(token, key, { algorithms: ["HS256"] });
    expect(protectedHeader).toEqual({ alg: "HS256", typ: "JWT" });
    expect(payload).toEqual({ ...CLAIMS, jti: expect.stringMatching(/^[\da-f-]{36}$/) });
    expect(verify(token)).toEqual(Buffer.from(HASH, "hex"));
  });

  it("never repeats a jti", () => {
    expect(signWebhook(BODY, API_KEY, key, NOW)).not.toBe(signWebhook(BODY, API_KEY, key, NOW));
  });
});

describe("verifyWebhook", () => {
  it.each([
    ["as the platform makes it", CLAIMS],
    ["of another account", { ...CLAIMS, api_key: "abcdef12" }],
    ["with a hash in upper case", { ...CLAIMS, payload_hash: HASH.toUpperCase() }],
    ["that is just young enough", { ...CLAIMS, iat: SECONDS - MAX_WEBHOOK_AGE }],
    ["that is just not too far ahead", { ...CLAIMS, iat: SECONDS + MAX_WEBHOOK_AGE }],
    ["with unknown claims", { ...CLAIMS, aud: ["other"], exp: 1 }],
    ["of an application", { ...CLAIMS, application_id: APPLICATION_ID }],
  ])("accepts a JWT %s", async (_, claims) => {
    for (const project of [OPENTOK, VONAGE])
      expect(verify(await signed(claims), project)).toEqual(Buffer.from(HASH, "hex"));
  });

  it("accepts the application's ID in upper case, and another application's with an OpenTok project", async () => {
    const upper = await signed({ ...CLAIMS, application_id: APPLICATION_ID.toUpperCase() });
    expect(verify(upper, VONAGE)).toBeInstanceOf(Buffer);
    const other = await signed({ ...CLAIMS, application_id: "other" });
    expect(verify(other, OPENTOK)).toBeInstanceOf(Buffer);
    expect(verify(other, VONAGE)).toBe("its application_id is of another application");
  });

  it("accepts the previous secret as long as it is given", async () => {
    const token = await signed(CLAIMS, {}, previous);
    expect(verify(token, OPENTOK, [key, previous])).toBeInstanceOf(Buffer);
    expect(verify(token)).toBe("it was not signed with WEBHOOK_SECRET");
  });

  it.each<[string, object, string]>([
    ["of another issuer", { iss: "Other" }, "its iss is not Vonage"],
    ["without an issuer", { iss: undefined }, "its iss is not Vonage"],
    ["with several issuers", { iss: ["Vonage"] }, "its iss is not Vonage"],
    ["without iat", { iat: undefined }, "its iat is not a number"],
    ["with iat as a text", { iat: String(SECONDS) }, "its iat is not a number"],
    ["without jti", { jti: undefined }, "its jti is not a text"],
    ["with an empty jti", { jti: "" }, "its jti is not a text"],
    ["with jti as a number", { jti: 1 }, "its jti is not a text"],
    ["without api_key", { api_key: undefined }, "its api_key is not a text"],
    ["with api_key as a number", { api_key: 12345678 }, "its api_key is not a text"],
    ["with an empty api_key", { api_key: "" }, "its api_key is not a text"],
    ["that is too old", { iat: SECONDS - MAX_WEBHOOK_AGE - 1 }, "it is more than 300 seconds old"],
    [
      "that is too far ahead",
      { iat: SECONDS + MAX_WEBHOOK_AGE + 1 },
      "its iat is more than 300 seconds ahead",
    ],
    ["of the year 1e30", { iat: 1e30 }, "its iat is more than 300 seconds ahead"],
    ["without a hash", { payload_hash: undefined }, "its payload_hash is not a SHA-256 in hexadecimal"],
    [
      "with half a hash",
      { payload_hash: HASH.slice(32) },
      "its payload_hash is not a SHA-256 in hexadecimal",
    ],
    [
      "with a hash and more",
      { payload_hash: `${HASH}\n` },
      "its payload_hash is not a SHA-256 in hexadecimal",
    ],
    ["with a hash in an array", { payload_hash: [HASH] }, "its payload_hash is not a SHA-256 in hexadecimal"],
    ["with application_id as null", { application_id: null }, "its application_id is not a text"],
    ["that is too long", { more: "a".repeat(MAX_WEBHOOK_JWT) }, "it has more than 4096 characters"],
  ])("refuses a JWT %s", (_, claims, reason) => {
    // jose refuses to sign some of these claims.
    const content = `${encode({ alg: "HS256" })}.${encode({ ...CLAIMS, ...claims })}`;
    const token = `${content}.${createHmac("sha256", key).update(content).digest("base64url")}`;
    expect(verify(token)).toBe(reason);
  });

  it("refuses other algorithms, also where the secret was taken for another key", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const others = [
      `${encode({ alg: "none" })}.${encode(CLAIMS)}.`,
      `${encode({ alg: "none" })}.${encode(CLAIMS)}.${encode(1)}`,
      await signed(CLAIMS, { alg: "HS512" }),
      await signed(CLAIMS, { alg: "RS256" }, privateKey),
    ];
    expect(others.map((token) => verify(token))).toEqual([
      "it is not a well-formed JSON Web Token",
      ...Array(3).fill("its algorithm is not HS256"),
    ]);
  });

  it("refuses an unknown extension", async () => {
    const token = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: "HS256", crit: ["x"], x: 1 })
      .sign(key, { crit: { x: true } });
    expect(verify(token)).toBe("its header requires an unknown extension");
  });

  it("refuses every change of one character", async () => {
    const token = await signed(CLAIMS);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(..."AZaz09-_.=+/ \n"), (at, char) => {
        fc.pre(token[at] !== char);
        expect(verify(token.slice(0, at) + char + token.slice(at + 1))).toBeTypeOf("string");
      }),
      { numRuns: inputs(2000) },
    );
  });

  it("refuses any text and any claims with a reason, and repeats nothing of them", async () => {
    const canary = "canary-claim";
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.jsonValue(), async (text, value) => {
        expect(verify(text)).toBeTypeOf("string");
        const claims = { ...CLAIMS, payload_hash: undefined, [canary]: value, iss: canary };
        expect(verify(await signed(claims))).toBe("its iss is not Vonage");
      }),
      { numRuns: inputs(300) },
    );
  });
});

describe("hasHash", () => {
  it("compares the bytes of the body", () => {
    const hash = Buffer.from(HASH, "hex");
    expect(hasHash(BODY, hash)).toBe(true);
    expect(hasHash(Buffer.concat([BODY, Buffer.from("\n")]), hash)).toBe(false);
    expect(hasHash(Buffer.alloc(0), hash)).toBe(false);
  });
});
