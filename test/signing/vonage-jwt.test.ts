import { createPublicKey } from "node:crypto";
import { Auth } from "@vonage/auth";
import { Video } from "@vonage/video";
import fc from "fast-check";
import { decodeProtectedHeader, importSPKI, jwtVerify } from "jose";
import jwt from "jsonwebtoken";
import { describe, expect, it } from "vitest";
import type { Grant } from "../../src/domain/grant.ts";
import { Role } from "../../src/domain/role.ts";
import { vonageKeyRing } from "../../src/signing/key-ring.ts";
import { rsaKey } from "../../src/signing/rsa-key.ts";
import { signVonageJwt } from "../../src/signing/vonage-jwt.ts";
import { APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { inputs } from "../support/long.ts";
import { connectionData } from "../support/unicode.ts";

const keyRing = vonageKeyRing(APPLICATION_ID, rsaKey(PRIVATE_KEY, "private").key);
const publicKey = createPublicKey(PRIVATE_KEY);
const createTime = Math.floor(Date.now() / 1000);
const grant: Grant = {
  sessionId: newSessionId(APPLICATION_ID),
  role: Role.MODERATOR,
  data: "username=bob",
  initialLayoutClassList: ["focus", "full"],
  createTime,
  expireTime: createTime + 3600,
};
const video = new Video(new Auth({ applicationId: APPLICATION_ID, privateKey: PRIVATE_KEY }));
const read = (token: string) => jwt.verify(token, publicKey, { algorithms: ["RS256"], complete: true });

describe("a Vonage JWT", () => {
  it.each<[string, Grant]>([
    ["everything", grant],
    ["the least", { ...grant, role: Role.PUBLISHER, data: null, initialLayoutClassList: [] }],
  ])("has the header and the claims that @vonage/video writes, and those alone: %s", async (_, given) => {
    const ours = read(await signVonageJwt(given, "an-id", keyRing));
    const theirs = read(
      video.generateClientToken(given.sessionId, {
        role: given.role as never,
        expireTime: given.expireTime,
        ...(given.data !== null && { data: given.data }),
        ...(given.initialLayoutClassList.length > 0 && {
          initialLayoutClassList: [...given.initialLayoutClassList],
        }),
      }),
    );
    expect(ours.header).toEqual(theirs.header);
    const { iat, jti, ...claims } = theirs.payload as jwt.JwtPayload;
    expect([typeof iat, typeof jti]).toEqual(["number", "string"]);
    expect(ours.payload).toEqual({ ...claims, iat: createTime, jti: "an-id" });
  });

  it("verifies with jose and jsonwebtoken, and carries any connection data unchanged", async () => {
    const key = await importSPKI(publicKey.export({ type: "spki", format: "pem" }).toString(), "RS256");
    await fc.assert(
      fc.asyncProperty(connectionData, fc.constantFrom(...Object.values(Role)), async (data, role) => {
        const token = await signVonageJwt({ ...grant, data, role }, "an-id", keyRing);
        expect(decodeProtectedHeader(token)).toEqual({ alg: "RS256", typ: "JWT" });
        const { payload } = await jwtVerify(token, key, { algorithms: ["RS256"] });
        expect(payload).toMatchObject({ connection_data: data, role, session_id: grant.sessionId });
        expect(read(token).payload).toEqual(payload);
      }),
      { numRuns: inputs(200) },
    );
  });

  it("takes nothing from a grant but what it names", async () => {
    const hostile = { ...grant, application_id: "other", scope: "everything", acl: {} } as Grant;
    const [ours, theirs] = [signVonageJwt(hostile, "x", keyRing), signVonageJwt(grant, "x", keyRing)];
    expect(jwt.decode(await ours)).toEqual(jwt.decode(await theirs));
  });
});
