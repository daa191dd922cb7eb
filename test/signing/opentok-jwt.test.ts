import fc from "fast-check";
import { decodeProtectedHeader, jwtVerify } from "jose";
import jwt from "jsonwebtoken";
import OpenTok from "opentok";
import { describe, expect, it } from "vitest";
import type { Grant } from "../../src/domain/grant.ts";
import { Role } from "../../src/domain/role.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { openTokKeyRing } from "../../src/signing/key-ring.ts";
import { signOpenTokJwt } from "../../src/signing/opentok-jwt.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { inputs } from "../support/long.ts";
import { connectionData } from "../support/unicode.ts";

const keyRing = openTokKeyRing(API_KEY, API_SECRET);
const createTime = Math.floor(Date.now() / 1000);
const sessionId = composeSessionId({ owner: API_KEY, location: null, createdAt: new Date(), random: "abc" });
const grant: Grant = {
  sessionId,
  role: Role.MODERATOR,
  data: "username=bob",
  initialLayoutClassList: ["focus", "full"],
  createTime,
  expireTime: createTime + 3600,
};

describe("an OpenTok JWT", () => {
  it("has the claims that opentok writes, and those alone", () => {
    const ours = jwt.verify(signOpenTokJwt(grant, "an-id", keyRing), API_SECRET) as jwt.JwtPayload;
    const theirs = jwt.verify(
      new OpenTok(API_KEY, API_SECRET).generateToken(sessionId, {
        role: grant.role as "moderator",
        data: "username=bob",
        expireTime: grant.expireTime,
        initialLayoutClassList: ["focus", "full"],
      }),
      API_SECRET,
    ) as jwt.JwtPayload;
    // opentok repeats exp and iat in T1's terms, the latter rounded up, and makes its nonce from Math.random().
    const { expire_time, create_time, nonce, iat, ...claims } = theirs;
    expect(expire_time).toBe(claims.exp);
    expect(ours).toEqual({ ...claims, iat: createTime, nonce: "an-id", jti: "an-id" });
  });

  it("leaves out what is not given", () => {
    const bare = { ...grant, data: null, initialLayoutClassList: [] };
    expect(Object.keys(jwt.decode(signOpenTokJwt(bare, "an-id", keyRing)) as object).sort()).toEqual(
      ["exp", "iat", "iss", "ist", "jti", "nonce", "role", "scope", "session_id"].sort(),
    );
  });

  it("verifies with jose and jsonwebtoken, and carries any connection data unchanged", async () => {
    const secret = new TextEncoder().encode(API_SECRET);
    await fc.assert(
      fc.asyncProperty(connectionData, fc.constantFrom(...Object.values(Role)), async (data, role) => {
        const token = signOpenTokJwt({ ...grant, data, role }, "an-id", keyRing);
        expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: "JWT" });
        const { payload } = await jwtVerify(token, secret, { algorithms: ["HS256"], issuer: API_KEY });
        expect(payload).toMatchObject({ connection_data: data, role, session_id: sessionId });
        expect(jwt.verify(token, API_SECRET, { algorithms: ["HS256"] })).toEqual(payload);
      }),
      { numRuns: inputs(500) },
    );
  });

  it("takes nothing from a grant but what it names", () => {
    const hostile = { ...grant, iss: "99999999", scope: "everything", admin: true } as Grant;
    expect(jwt.decode(signOpenTokJwt(hostile, "an-id", keyRing))).toEqual(
      jwt.decode(signOpenTokJwt(grant, "an-id", keyRing)),
    );
  });
});
