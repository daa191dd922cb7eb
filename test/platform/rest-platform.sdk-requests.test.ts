import { createPublicKey } from "node:crypto";
import { Auth } from "@vonage/auth";
import { Video, MediaMode as VonageMediaMode } from "@vonage/video";
import jwt from "jsonwebtoken";
import OpenTok from "opentok";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { answerSession, type FaultServer, newSessionId, startFaultServer } from "../support/fault-server.ts";
import { startServer } from "../support/server.ts";

/*
 * What we send to create a session, beside what the official packages send for the same options. Where they differ,
 * the test says why.
 */

let fault: FaultServer;
beforeAll(async () => {
  fault = await startFaultServer();
});
afterAll(() => fault.close());
beforeEach(() => {
  fault.received.length = 0;
});

/** Our request, through the whole server. */
async function ours(platform: string, options: string) {
  const server = await startServer({
    PLATFORM: platform,
    OPENTOK_API_URL: fault.url,
    VONAGE_API_URL: fault.url,
  });
  const { errors } = await server.graphql(`mutation { createSession${options} { id } }`);
  await server.close();
  expect(errors).toEqual([]);
  return last();
}

function last() {
  const request = fault.received.at(-1);
  if (!request) throw new Error("nothing was received");
  const { "content-type": type = "", accept } = request.headers;
  // Some name the charset of a form, which has but one.
  return { ...request, type: type.split(";")[0], accept };
}

describe("opentok", () => {
  const theirs = async (options: object) => {
    const opentok = new OpenTok(API_KEY, API_SECRET, fault.url as OpenTok.Env);
    await new Promise<void>((resolve, reject) => {
      opentok.createSession(options as OpenTok.SessionOptions, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    return last();
  };

  it.each<[string, string, object]>([
    ["nothing", "", {}],
    ["routed", "(mediaMode: ROUTED)", { mediaMode: "routed" }],
    [
      "relayed, near somebody",
      '(location: "203.0.113.7")',
      { mediaMode: "relayed", location: "203.0.113.7" },
    ],
    ["archived", "(mediaMode: ROUTED, archiveMode: ALWAYS)", { mediaMode: "routed", archiveMode: "always" }],
    [
      "archived by name and resolution",
      '(mediaMode: ROUTED, archiveMode: ALWAYS, archiveName: "Tom & Jerry ☎ ~*", archiveResolution: HD_PORTRAIT)',
      {
        mediaMode: "routed",
        archiveMode: "always",
        archiveName: "Tom & Jerry ☎ ~*",
        archiveResolution: "720x1280",
      },
    ],
    ["end-to-end encrypted", "(mediaMode: ROUTED, e2ee: true)", { mediaMode: "routed", e2ee: true }],
  ])("is sent the same for %s", async (_, options, sdkOptions) => {
    fault.behave(answerSession(newSessionId(API_KEY), API_KEY));
    const [our, their] = [await ours("opentok", options), await theirs(sdkOptions)];
    for (const name of ["method", "path", "type", "accept"] as const) expect(our[name]).toBe(their[name]);
    // To the byte, but for the order of the fields.
    expect(our.body.split("&").sort()).toEqual(their.body.split("&").sort());
  });

  it("is authenticated by the same claims, which are never used again", async () => {
    fault.behave(answerSession(newSessionId(API_KEY), API_KEY));
    const read = (token: unknown) =>
      jwt.verify(String(token), API_SECRET, { algorithms: ["HS256"], complete: true });
    const [first, second] = [await ours("opentok", ""), await ours("opentok", "")];
    const our = read(first.headers["x-opentok-auth"]);
    const their = read((await theirs({})).headers["x-opentok-auth"]);
    expect(our.header).toEqual(their.header);
    const { jti, iat = 0, exp, ...claims } = our.payload as jwt.JwtPayload;
    const { iat: theirIat = 0, exp: theirExp = 0, ...theirClaims } = their.payload as jwt.JwtPayload;
    expect(claims).toEqual(theirClaims);
    expect(exp).toBe(iat + 300);
    expect(theirExp).toBe(theirIat + 300);
    // opentok sends none: its calls within one second have the same token.
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect((read(second.headers["x-opentok-auth"]).payload as jwt.JwtPayload).jti).not.toBe(jti);
    expect(first.headers["user-agent"]).toMatch(/^stagepass\/\d+\.\d+\.\d+$/);
  });
});

describe("@vonage/video", () => {
  const theirs = async (options: object) => {
    const auth = new Auth({ applicationId: APPLICATION_ID, privateKey: PRIVATE_KEY });
    await new Video(auth, { videoHost: fault.url }).createSession(options);
    return last();
  };

  it.each<[string, string, object]>([
    ["routed", "(mediaMode: ROUTED)", { mediaMode: VonageMediaMode.ROUTED }],
    ["relayed", "", { mediaMode: VonageMediaMode.RELAYED }],
    [
      "relayed, near somebody",
      '(location: "203.0.113.7")',
      { mediaMode: VonageMediaMode.RELAYED, location: "203.0.113.7" },
    ],
    ["archived", "(mediaMode: ROUTED, archiveMode: ALWAYS)", { archiveMode: "always" }],
  ])("is sent the same for %s", async (_, options, sdkOptions) => {
    fault.behave(answerSession(newSessionId(APPLICATION_ID), APPLICATION_ID));
    const [our, their] = [await ours("vonage", options), await theirs(sdkOptions)];
    for (const name of ["method", "path", "type"] as const) expect(our[name]).toBe(their[name]);
    // It accepts anything, and parses what it gets as JSON all the same.
    expect([our.accept, their.accept]).toEqual(["application/json", expect.any(String)]);
    // Without a location it sends the text "null" as one.
    const expected = their.body.split("&").filter((field) => field !== "location=null");
    expect(our.body.split("&").sort()).toEqual(expected.sort());
  });

  it("is authenticated by the same claims, which are never used again", async () => {
    fault.behave(answerSession(newSessionId(APPLICATION_ID), APPLICATION_ID));
    const publicKey = createPublicKey(PRIVATE_KEY);
    const read = (header: unknown) => {
      const token = /^Bearer (.+)$/.exec(String(header))?.[1] ?? "";
      return jwt.verify(token, publicKey, { algorithms: ["RS256"], complete: true });
    };
    const [first, second] = [await ours("vonage", ""), await ours("vonage", "")];
    const our = read(first.headers.authorization);
    const their = read((await theirs({})).headers.authorization);
    expect(our.header).toEqual(their.header);
    const { jti, iat = 0, exp, ...claims } = our.payload as jwt.JwtPayload;
    const { jti: theirJti, iat: _, exp: __, ...theirClaims } = their.payload as jwt.JwtPayload;
    expect(claims).toEqual(theirClaims);
    expect(exp).toBe(iat + 300);
    expect([jti, theirJti]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), expect.any(String)]);
    expect((read(second.headers.authorization).payload as jwt.JwtPayload).jti).not.toBe(jti);
    expect(first.headers["user-agent"]).toMatch(/^stagepass\/\d+\.\d+\.\d+$/);
  });
});
