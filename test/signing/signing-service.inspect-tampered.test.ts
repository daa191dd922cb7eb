import { constants, createHmac, createPublicKey, randomUUID, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { type Grant, grantFor } from "../../src/domain/grant.ts";
import { TokenStatus } from "../../src/domain/token-inspection.ts";
import { SigningService } from "../../src/signing/signing-service.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, newPrivateKey, PRIVATE_KEY } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { NOTHING, now, openTokRing, vonageRing } from "../support/inspection.ts";
import { inputs } from "../support/long.ts";
import { text } from "../support/unicode.ts";

const OTHER_SECRET = "0ddba110ddba110ddba110ddba110ddba110ddba";
const OTHER_PRIVATE_KEY = newPrivateKey();
const CANARY = "canary-connection-data";

const openTok = new SigningService(openTokRing);
const vonage = new SigningService(vonageRing);

const session = { openTok: newSessionId(API_KEY), vonage: newSessionId(APPLICATION_ID) };
const grantOf = (sessionId: string, data = CANARY): Grant =>
  grantFor(sessionId, { data, initialLayoutClassList: ["focus"] }, now);

const samples = [
  ["an OpenTok JWT", openTok, await openTok.sign(grantOf(session.openTok), randomUUID(), TokenFormat.JWT)],
  ["a Vonage JWT", vonage, await vonage.sign(grantOf(session.vonage), randomUUID(), TokenFormat.JWT)],
  // Three in a row differ in length by one, and so in their base64's padding.
  ...(await Promise.all(
    ["", "x", "xx"].map(async (more): Promise<[string, SigningService, string]> => {
      const token = await openTok.sign(grantOf(session.openTok, CANARY + more), randomUUID(), TokenFormat.T1);
      return [
        `a T1 token with ${token.length - unpadded(token).length} characters of padding`,
        openTok,
        token,
      ];
    }),
  )),
] as const;

function unpadded(token: string): string {
  return token.slice(0, 4) + token.slice(4).replace(/=+$/, "");
}

/** What no answer may repeat. */
const SECRETS = [
  CANARY,
  API_SECRET,
  OTHER_SECRET,
  ...[PRIVATE_KEY, OTHER_PRIVATE_KEY].flatMap((pem) => pem.split("\n").slice(1, -2)),
];

/** Finds that the token is invalid, that nothing else is said of it, and that the reason repeats nothing. */
function expectInvalid(service: SigningService, token: string, message?: string): void {
  const inspection = service.inspect(token, now);
  expect(inspection, message).toEqual({
    ...NOTHING,
    id: null,
    status: TokenStatus.INVALID,
    reason: expect.stringMatching(/./),
  });
  const reason = inspection.reason ?? "";
  const windows = Array.from({ length: Math.max(reason.length - 19, 0) }, (_, i) => reason.slice(i, i + 20));
  expect(windows.filter((window) => token.includes(window))).toEqual([]);
  expect(SECRETS.filter((secret) => reason.includes(secret))).toEqual([]);
}

describe.each(samples)("%s", (_, service, token) => {
  it("is genuine to begin with", () => {
    expect(service.inspect(token, now)).toMatchObject({ status: TokenStatus.ACTIVE, reason: null });
  });

  it("is invalid when any one bit of its text is another", () => {
    for (let i = 0; i < token.length; i += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = String.fromCharCode(token.charCodeAt(i) ^ (1 << bit));
        const changed = token.slice(0, i) + flipped + token.slice(i + 1);
        expectInvalid(service, changed, `bit ${bit} of character ${i}`);
      }
    }
  });

  it("is invalid when any of its end is missing", () => {
    // Of T1, the url-safe alphabet may do without padding.
    for (let length = 0; length < unpadded(token).length; length += 1) {
      expectInvalid(service, token.slice(0, length), `the first ${length} characters`);
    }
  });

  it.each([
    ["a newline after it", `${token}\n`],
    ["a carriage return after it", `${token}\r\n`],
    ["a space after it", `${token} `],
    ["a tab after it", `${token}\t`],
    ["a NUL after it", `${token}\0`],
    ["= after it", `${token}=`],
    ["== after it", `${token}==`],
    ["=== after it", `${token}===`],
    ["a space before it", ` ${token}`],
    ["a newline before it", `\n${token}`],
    ["a byte order mark before it", `\ufeff${token}`],
    ["a space within", `${token.slice(0, 50)} ${token.slice(50)}`],
    ["a newline within", `${token.slice(0, 50)}\n${token.slice(50)}`],
    ["a second one after it", token + token],
    ["a part after it", `${token}.e30`],
    ["quotes around it", `"${token}"`],
    ["how a header says it", `Bearer ${token}`],
    ["its first letters in lower case", token.slice(0, 4).toLowerCase() + token.slice(4)],
  ])("is invalid with %s", (_change, changed) => {
    expect(changed).not.toBe(token);
    expectInvalid(service, changed);
  });

  it("is invalid in another text of the same bytes", () => {
    const end = unpadded(token);
    const part = /[^.]*$/.exec(end.replace(/^T1==/, ""))?.[0] ?? "";
    const bytes = (base64: string) => Buffer.from(base64, "base64").toString("hex");
    const others = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"]
      .map((last) => part.slice(0, -1) + last)
      .filter((other) => other !== part && bytes(other) === bytes(part));
    // Four bits of the last character are left when its part is one byte longer than a multiple of three, or two.
    expect(others).toHaveLength([0, 0, 15, 3][part.length % 4] ?? 0);
    for (const other of others) {
      expectInvalid(service, end.slice(0, -part.length) + other + token.slice(end.length));
    }
  });
});

type Signer = (text: string) => Buffer;
const hmac =
  (hash: string, secret: string | Buffer): Signer =>
  (signed) =>
    createHmac(hash, secret).update(signed).digest();
const rsa =
  (hash: string, key: string, options = {}): Signer =>
  (signed) =>
    sign(hash, Buffer.from(signed), { key, ...options });
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
const jws = (header: object, payload: unknown, signer: Signer) => {
  const signed = `${encode({ typ: "JWT", ...header })}.${encode(payload)}`;
  return `${signed}.${signer(signed).toString("base64url")}`;
};
const hs256 = hmac("sha256", API_SECRET);
const rs256 = rsa("sha256", PRIVATE_KEY);

const claims = {
  openTok: { iss: API_KEY, ist: "project", scope: "session.connect", session_id: session.openTok },
  vonage: { application_id: APPLICATION_ID, scope: "session.connect", session_id: session.vonage },
};
const everyone = { ...claims.openTok, ...claims.vonage };
const publicKey = createPublicKey(PRIVATE_KEY);
const [spki, pkcs1] = (["spki", "pkcs1"] as const).map((type) => ({
  pem: publicKey.export({ type, format: "pem" }).toString(),
  der: publicKey.export({ type, format: "der" }),
})) as [{ pem: string; der: Buffer }, { pem: string; der: Buffer }];

describe("a JWT", () => {
  it("is genuine when it is made as these are", () => {
    for (const [service, token] of [
      [openTok, jws({ alg: "HS256" }, claims.openTok, hs256)],
      [openTok, jws({ alg: "HS256" }, { ...everyone, session_id: session.openTok }, hs256)],
      [vonage, jws({ alg: "RS256" }, claims.vonage, rs256)],
      [vonage, jws({ alg: "RS256" }, everyone, rs256)],
    ] as const) {
      expect(service.inspect(token, now)).toMatchObject({ status: TokenStatus.ACTIVE });
    }
  });

  const unsigned: Signer = () => Buffer.alloc(0);
  it.each([
    ["has another secret", jws({ alg: "HS256" }, claims.openTok, hmac("sha256", OTHER_SECRET))],
    ["has an empty secret", jws({ alg: "HS256" }, claims.openTok, hmac("sha256", ""))],
    ["has the API key as its secret", jws({ alg: "HS256" }, claims.openTok, hmac("sha256", API_KEY))],
    ["is not signed", jws({ alg: "HS256" }, claims.openTok, unsigned)],
    ...["none", "None", "NONE", "", "hs256", "HS384", "HS512", "RS256", null, 1, ["HS256"]].flatMap((alg) => [
      [`has the algorithm ${JSON.stringify(alg)} and no signature`, jws({ alg }, claims.openTok, unsigned)],
      [`has the algorithm ${JSON.stringify(alg)} and is signed`, jws({ alg }, claims.openTok, hs256)],
    ]),
    ["names no algorithm", jws({}, claims.openTok, hs256)],
    ["is HS512", jws({ alg: "HS512" }, claims.openTok, hmac("sha512", API_SECRET))],
    ["says HS256 and is HS512", jws({ alg: "HS256" }, claims.openTok, hmac("sha512", API_SECRET))],
    ["is RS256", jws({ alg: "RS256" }, { ...everyone, session_id: session.openTok }, rs256)],
    ["is of the Vonage environment", jws({ alg: "RS256" }, claims.vonage, rs256)],
    ["demands an extension", jws({ alg: "HS256", crit: ["x"], x: 1 }, claims.openTok, hs256)],
    ["demands no extension, at length", jws({ alg: "HS256", crit: [] }, claims.openTok, hs256)],
  ])("is invalid in the OpenTok environment when it %s", (_, token = "") => {
    expectInvalid(openTok, token);
  });

  it.each([
    ["has another key", jws({ alg: "RS256" }, claims.vonage, rsa("sha256", OTHER_PRIVATE_KEY))],
    ["is not signed", jws({ alg: "RS256" }, claims.vonage, unsigned)],
    ...["none", "None", "", "rs256", "RS512", "PS256", "HS256", null].flatMap((alg) => [
      [`has the algorithm ${JSON.stringify(alg)} and no signature`, jws({ alg }, claims.vonage, unsigned)],
      [`has the algorithm ${JSON.stringify(alg)} and is signed`, jws({ alg }, claims.vonage, rs256)],
    ]),
    ["is RS512", jws({ alg: "RS512" }, claims.vonage, rsa("sha512", PRIVATE_KEY))],
    ["is PS256", jws({ alg: "PS256" }, claims.vonage, rsa("sha256", PRIVATE_KEY, pss))],
    ["says RS256 and is PS256", jws({ alg: "RS256" }, claims.vonage, rsa("sha256", PRIVATE_KEY, pss))],
    ...[spki.pem, spki.pem.trim(), pkcs1.pem, pkcs1.pem.trim(), spki.der, pkcs1.der].flatMap((key, i) => [
      [`has the public key as its secret, form ${i}`, jws({ alg: "HS256" }, everyone, hmac("sha256", key))],
      [`so has, and says RS256, form ${i}`, jws({ alg: "RS256" }, everyone, hmac("sha256", key))],
    ]),
    ["is of the OpenTok environment", jws({ alg: "HS256" }, everyone, hs256)],
    ["demands an extension", jws({ alg: "RS256", crit: ["x"], x: 1 }, claims.vonage, rs256)],
  ])("is invalid in the Vonage environment when it %s", (_, token = "") => {
    expectInvalid(vonage, token);
  });
});

it.each([
  ["OpenTok", openTok],
  ["Vonage", vonage],
])("any text at all is an answer in the %s environment, not an error", (_, service) => {
  const part = fc.oneof(text(), fc.json()).map((value) => Buffer.from(value).toString("base64url"));
  const parts = fc.array(part, { maxLength: 4 }).map((all) => all.join("."));
  fc.assert(
    fc.property(fc.oneof(text(), parts), (token) => expectInvalid(service, token)),
    { numRuns: inputs(2000) },
  );
});
