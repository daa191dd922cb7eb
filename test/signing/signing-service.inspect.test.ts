import { createHmac, createPublicKey, randomUUID, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { type Grant, grantFor } from "../../src/domain/grant.ts";
import { Role } from "../../src/domain/role.ts";
import { TokenStatus } from "../../src/domain/token-inspection.ts";
import { type KeyRing, openTokKeyRing, vonageKeyRing } from "../../src/signing/key-ring.ts";
import { platformAuth } from "../../src/signing/platform-auth.ts";
import { rsaKey } from "../../src/signing/rsa-key.ts";
import { SigningService } from "../../src/signing/signing-service.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, newPrivateKey, PRIVATE_KEY } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { at, inspect, invalidFor, now, nowSeconds, openTokRing, vonageRing } from "../support/inspection.ts";
import { inputs } from "../support/long.ts";
import { connectionData } from "../support/unicode.ts";

const { ACTIVE, EXPIRED } = TokenStatus;

const kinds = [
  ["OpenTok JWT", openTokRing, TokenFormat.JWT],
  ["T1 token", openTokRing, TokenFormat.T1],
  ["Vonage JWT", vonageRing, TokenFormat.JWT],
] as const;

it.each(kinds)("every %s that we sign says what it grants", async (_, keyRing, format) => {
  const service = new SigningService(keyRing);
  const grants = fc.record<Grant>({
    sessionId: fc.constant(newSessionId(keyRing.applicationId)),
    role: fc.constantFrom(...Object.values(Role)),
    data: fc.option(connectionData),
    initialLayoutClassList: fc.array(fc.stringMatching(/^\S{1,10}$/), { maxLength: 4 }),
    createTime: fc.integer({ min: 1, max: nowSeconds }),
    expireTime: fc.integer({ min: nowSeconds - 5, max: nowSeconds + 5 }),
  });
  await fc.assert(
    fc.asyncProperty(grants, async ({ createTime, expireTime, ...granted }) => {
      const token = await service.sign({ createTime, expireTime, ...granted }, randomUUID(), format);
      expect(service.inspect(token, now)).toEqual({
        ...granted,
        id: expect.any(String),
        status: expireTime > nowSeconds ? ACTIVE : EXPIRED,
        reason: null,
        format,
        createdAt: at(createTime),
        expiresAt: at(expireTime),
      });
    }),
    { numRuns: inputs(1000) },
  );
});

/** JSON may name numbers that JavaScript cannot: the text "1e400" becomes that one. */
const encode = (part: unknown) =>
  Buffer.from(JSON.stringify(part).replaceAll('"1e400"', "1e400")).toString("base64url");
/** The JWT of a key ring's environment, with exactly this payload. */
function jws({ environment, signingKey }: KeyRing, payload: unknown, header: object = { typ: "JWT" }) {
  const alg = environment === "vonage" ? "RS256" : "HS256";
  const signed = `${encode({ alg, ...header })}.${encode(payload)}`;
  const signature =
    environment === "vonage"
      ? sign("sha256", Buffer.from(signed), signingKey)
      : createHmac("sha256", signingKey).update(signed).digest();
  return `${signed}.${signature.toString("base64url")}`;
}

describe("the claim `data` of vonage-ruby 7.35", () => {
  const claims = {
    application_id: APPLICATION_ID,
    scope: "session.connect",
    session_id: newSessionId(APPLICATION_ID),
    role: "publisher",
    iat: nowSeconds,
    exp: nowSeconds + 60,
  };

  it.each([
    ["is the connection data", { data: "bob" }, "bob"],
    ["is empty connection data", { data: "" }, ""],
    ["gives way to `connection_data`", { data: "bob", connection_data: "alice" }, "alice"],
    ["gives way to an empty `connection_data`", { data: "bob", connection_data: "" }, ""],
  ])("%s", (_, more, data) => {
    expect(inspect(vonageRing, jws(vonageRing, { ...claims, ...more }))).toMatchObject({
      status: ACTIVE,
      data,
    });
  });

  it("is refused when it is no text", () => {
    expect(inspect(vonageRing, jws(vonageRing, { ...claims, data: { user: "bob" } }))).toEqual(
      invalidFor(/connection data is not text/),
    );
  });

  it("is nothing in a token of the OpenTok environment", () => {
    const { application_id: _, ...others } = claims;
    const sessionId = newSessionId(API_KEY);
    const openTok = { ...others, iss: API_KEY, ist: "project", session_id: sessionId, data: "bob" };
    expect(inspect(openTokRing, jws(openTokRing, openTok))).toMatchObject({ status: ACTIVE, data: null });
  });
});

describe.each([
  ["OpenTok", openTokRing, { iss: API_KEY, ist: "project" }, { application_id: APPLICATION_ID }],
  ["Vonage", vonageRing, { application_id: APPLICATION_ID }, { iss: API_KEY, ist: "project" }],
] as const)("a genuine JWT of the %s environment", (_environment, keyRing, issuer, otherIssuer) => {
  const owner = keyRing.applicationId;
  const sessionId = newSessionId(owner);
  const claims = {
    ...issuer,
    scope: "session.connect",
    session_id: sessionId,
    role: "moderator",
    connection_data: "bob",
    initial_layout_class_list: "focus full",
    iat: nowSeconds - 60,
    exp: nowSeconds + 60,
  };
  const everything = {
    id: null,
    reason: null,
    format: TokenFormat.JWT,
    sessionId,
    role: Role.MODERATOR,
    data: "bob",
    initialLayoutClassList: ["focus", "full"],
    createdAt: at(nowSeconds - 60),
    expiresAt: at(nowSeconds + 60),
    status: ACTIVE,
  };

  it.each<[string, object, object]>([
    ["nothing unusual", {}, {}],
    ["claims that are not known", { sub: "video", acl: {}, admin: true, ...otherIssuer }, {}],
    ["no exp", { exp: undefined }, { expiresAt: null }],
    ["exp a second away", { exp: nowSeconds + 1 }, { expiresAt: at(nowSeconds + 1) }],
    ["exp less than a second away", { exp: nowSeconds + 0.5 }, { expiresAt: at(nowSeconds + 0.5) }],
    ["exp now", { exp: nowSeconds }, { status: EXPIRED, expiresAt: now }],
    ["exp past", { exp: nowSeconds - 1 }, { status: EXPIRED, expiresAt: at(nowSeconds - 1) }],
    ["exp long past", { exp: 0 }, { status: EXPIRED, expiresAt: at(0) }],
    ["exp at the end of the year 9999", { exp: 253402300799 }, { expiresAt: at(253402300799) }],
    ["exp in the year 10000", { exp: 253402300800 }, { expiresAt: null }],
    ["exp beyond all dates", { exp: 1e20 }, { expiresAt: null }],
    ["no iat", { iat: undefined }, { createdAt: null }],
    ["iat ahead within tolerance", { iat: nowSeconds + 20 }, { createdAt: at(nowSeconds + 20) }],
    ["iat on the edge of tolerance", { iat: nowSeconds + 30 }, { createdAt: at(nowSeconds + 30) }],
    ["nbf ahead within tolerance", { nbf: nowSeconds + 20 }, {}],
    ["no role", { role: undefined }, { role: Role.PUBLISHER }],
    ["no data", { connection_data: undefined }, { data: null }],
    ["empty data", { connection_data: "" }, { data: "" }],
    ["no layout classes", { initial_layout_class_list: undefined }, { initialLayoutClassList: [] }],
    ["empty layout classes", { initial_layout_class_list: "" }, { initialLayoutClassList: [] }],
    ["null for data", { connection_data: null }, { data: null }],
    ["data under both names", { data: "alice" }, {}],
    [
      "a list of layout classes",
      { initial_layout_class_list: ["focus", "full"] },
      { initialLayoutClassList: ["focus", "full"] },
    ],
  ])("is what it says, with %s", (_, changes, differences) => {
    expect(inspect(keyRing, jws(keyRing, { ...claims, ...changes }))).toEqual({
      ...everything,
      ...differences,
    });
  });

  it("may leave out its type", () => {
    expect(inspect(keyRing, jws(keyRing, claims, {}))).toEqual(everything);
  });

  it.each<[RegExp, object]>([
    [/scope/, { scope: undefined }],
    [/scope/, { scope: "session.connect " }],
    [/scope/, { scope: ["session.connect"] }],
    [/names no session/, { session_id: undefined }],
    [/names no session/, { session_id: [sessionId] }],
    [/session ID is malformed/, { session_id: "hello" }],
    [/session ID is malformed/, { session_id: `${sessionId}\n` }],
    [/session belongs to another project/, { session_id: newSessionId("87654321") }],
    [/session belongs to another project/, { session_id: newSessionId(`9${owner}`) }],
    [/session belongs to another project/, { session_id: newSessionId(`${owner}9`) }],
    [/role/, { role: "admin" }],
    [/role/, { role: "MODERATOR" }],
    [/role/, { role: "constructor" }],
    [/role/, { role: ["moderator"] }],
    [/data is not text/, { connection_data: 5 }],
    [/data is not text/, { connection_data: { name: "bob" } }],
    [/layout classes are not text/, { initial_layout_class_list: 5 }],
    [/layout classes are not text/, { initial_layout_class_list: ["focus", 5] }],
    [/not a number of seconds/, { exp: String(nowSeconds + 60) }],
    [/not a number of seconds/, { exp: -1 }],
    [/not a number of seconds/, { exp: false }],
    [/not a number of seconds/, { exp: "1e400" }],
    [/not a number of seconds/, { iat: String(nowSeconds) }],
    [/not a number of seconds/, { nbf: String(nowSeconds) }],
    [/not valid yet/, { iat: nowSeconds + 31 }],
    [/not valid yet/, { nbf: nowSeconds + 31 }],
    [/not valid yet/, { iat: 1e20 }],
    [/to another (project|application)/, Object.fromEntries(Object.keys(issuer).map((name) => [name, ""]))],
    [/to another (project|application)/, { iss: `${API_KEY}9`, application_id: `${APPLICATION_ID}9` }],
    [/to another (project|application)/, { iss: undefined, application_id: undefined, ...otherIssuer }],
  ])("is invalid, and says %s, with %j", (reason, changes) => {
    expect(inspect(keyRing, jws(keyRing, { ...claims, ...changes }))).toEqual(invalidFor(reason));
  });

  it.each([["text"], ["a-text-of-twenty-characters-and-more"], [5], [null], [true], [[]], [[claims]]])(
    "is invalid when its payload is %j",
    (payload) => {
      expect(inspect(keyRing, jws(keyRing, payload))).toEqual(invalidFor(/./));
      expect(inspect(keyRing, jws(keyRing, payload, {}))).toEqual(invalidFor(/./));
    },
  );

  it("is invalid when it authenticates a call to the platform", async () => {
    const [header = ""] = Object.values(await platformAuth(keyRing, now));
    expect(inspect(keyRing, header.replace("Bearer ", ""))).toEqual(invalidFor(/not a connection token/));
  });
});

it.each(["account", "", undefined])("a genuine OpenTok JWT is invalid when its ist is %j", (ist) => {
  const claims = { iss: API_KEY, scope: "session.connect", session_id: newSessionId(API_KEY) };
  expect(inspect(openTokRing, jws(openTokRing, { ...claims, ist: "project" }))).toMatchObject({
    status: ACTIVE,
  });
  expect(inspect(openTokRing, jws(openTokRing, { ...claims, ist }))).toEqual(invalidFor(/not a project/));
});

const OLD_SECRET = "0ddba110ddba110ddba110ddba110ddba110ddba";
const OLD_PRIVATE_KEY = newPrivateKey();
const openTokRingOf = (secret: string, previous?: string) => openTokKeyRing(API_KEY, secret, previous);
const vonageRingOf = (pem: string, previous?: string) =>
  vonageKeyRing(
    APPLICATION_ID,
    rsaKey(pem, "private").key,
    previous === undefined ? undefined : rsaKey(previous, "public or private").key,
  );

describe.each([
  ["OpenTok JWT", TokenFormat.JWT, openTokRingOf, API_SECRET, OLD_SECRET],
  ["T1 token", TokenFormat.T1, openTokRingOf, API_SECRET, OLD_SECRET],
  ["Vonage JWT", TokenFormat.JWT, vonageRingOf, PRIVATE_KEY, OLD_PRIVATE_KEY],
] as const)("the keys of a project, to a %s,", (_kind, format, ringOf, newKey, oldKey) => {
  const signWith = (keyRing: KeyRing) =>
    new SigningService(keyRing).sign(
      grantFor(newSessionId(keyRing.applicationId), {}, now),
      randomUUID(),
      format,
    );
  const NOT_OURS = invalidFor(/not signed with this project's credentials/);

  it("verify what the previous one signed, where it is named, and sign with the new one", async () => {
    const old = await signWith(ringOf(oldKey));
    expect(inspect(ringOf(newKey, oldKey), old)).toMatchObject({ status: ACTIVE, reason: null });
    expect(inspect(ringOf(newKey), old)).toEqual(NOT_OURS);

    const current = await signWith(ringOf(newKey, oldKey));
    expect(inspect(ringOf(newKey), current)).toMatchObject({ status: ACTIVE, reason: null });
    expect(inspect(ringOf(newKey, oldKey), current)).toMatchObject({ status: ACTIVE, reason: null });
    expect(inspect(ringOf(oldKey), current)).toEqual(NOT_OURS);
  });

  it("are taken over by whoever holds the key ring", async () => {
    const keyRing = ringOf(oldKey);
    const old = await signWith(keyRing);
    expect(keyRing.takeKeysOf(ringOf(oldKey))).toBe(false);
    expect(inspect(keyRing, old)).toMatchObject({ status: ACTIVE });

    expect(keyRing.takeKeysOf(ringOf(newKey, oldKey))).toBe(true);
    expect(inspect(keyRing, old)).toMatchObject({ status: ACTIVE });
    const current = await signWith(keyRing);
    expect(inspect(ringOf(newKey), current)).toMatchObject({ status: ACTIVE });
    expect(keyRing.takeKeysOf(ringOf(newKey, oldKey))).toBe(false);

    expect(keyRing.takeKeysOf(ringOf(oldKey, newKey))).toBe(true);
    expect(inspect(ringOf(oldKey), await signWith(keyRing))).toMatchObject({ status: ACTIVE });

    expect(keyRing.takeKeysOf(ringOf(newKey))).toBe(true);
    expect(inspect(keyRing, old)).toEqual(NOT_OURS);
    expect(inspect(keyRing, current)).toMatchObject({ status: ACTIVE });

    expect(keyRing.takeKeysOf(ringOf(newKey, oldKey))).toBe(true);
    expect(inspect(keyRing, old)).toMatchObject({ status: ACTIVE });
  });
});

it.each(["spki", "pkcs1"] as const)("the previous key of an application may be public (%s)", async (type) => {
  const pem = createPublicKey(OLD_PRIVATE_KEY).export({ type, format: "pem" }).toString();
  const grant = grantFor(newSessionId(APPLICATION_ID), {}, now);
  const old = await new SigningService(vonageRingOf(OLD_PRIVATE_KEY)).sign(
    grant,
    randomUUID(),
    TokenFormat.JWT,
  );
  expect(inspect(vonageRingOf(PRIVATE_KEY, pem), old)).toMatchObject({ status: ACTIVE });
  expect(inspect(vonageRingOf(PRIVATE_KEY), old)).toMatchObject({ status: TokenStatus.INVALID });
});
