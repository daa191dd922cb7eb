import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseEnv } from "node:util";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, onTestFinished, vi } from "vitest";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { Application } from "./application.ts";
import { type Snippet, snippets } from "./markdown.ts";
import type { Run } from "./run-snippets.ts";
import { serverForSnippets, sharedServer } from "./server-for-snippets.ts";

const AsyncFunction = (async () => {}).constructor as typeof Function;

/** The lines that join a call, with a client SDK that records its calls. */
export const joinsTheCall: Run = async ({ code }) => {
  const connect = vi.fn((_token: string, done: () => void) => done());
  const publish = vi.fn();
  const OT = { initSession: vi.fn(() => ({ connect, publish })), initPublisher: (id: string) => ({ id }) };
  new Function("OT", "applicationId", "sessionId", "token", code)(OT, "the project", "the session", "eyJ");
  expect(OT.initSession).toHaveBeenCalledWith("the project", "the session");
  expect(connect).toHaveBeenCalledWith("eyJ", expect.any(Function));
  expect(publish).toHaveBeenCalledWith({ id: "publisher" });
};

/** An identity provider's key set, and tokens that it signs. */
async function startProvider() {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "a", alg: "RS256", use: "sig" }];
  const provider = createServer((_, response) => response.end(JSON.stringify({ keys })));
  await new Promise((resolve) => provider.listen(0, "127.0.0.1", () => resolve(null)));
  onTestFinished(() => void provider.close());
  const { port } = provider.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    sign: (claims: Record<string, unknown>, issuer: string, audience: string) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", kid: "a" })
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime("1h")
        .sign(privateKey),
  };
}

const ENSURE = (name: string, role = "PUBLISHER") =>
  `mutation { ensureSession(name: "${name}") { generateToken(role: ${role}) { token } } }`;

/**
 * From an identity provider to a front end: every block of this language under this heading is a step. The provider's action makes the
 * claims, the server starts with the settings, and the front end sends requests.
 */
export const fromProviderToFrontEnd: Run = async ({ document, heading }) => {
  const steps = snippets(document).filter((step) => step.heading === heading);
  const find = (text: string) => (steps.find(({ code }) => code.includes(text)) as Snippet).code;
  const scopes: string[] = [];
  const claims: Record<string, unknown> = {};
  const accessToken = {
    addScope: (scope: string) => scopes.push(scope),
    setCustomClaim: (name: string, value: unknown) => {
      claims[name] = value;
    },
  };
  const exports: Record<string, (event: object, api: object) => Promise<void>> = {};
  new Function("exports", find("onExecutePostLogin"))(exports);
  const event = { user: { app_metadata: { rooms: ["standup", "team-7-*"] } } };
  await exports.onExecutePostLogin?.(event, { accessToken });

  const provider = await startProvider();
  const settings = parseEnv(find("AUTH_JWKS_URI")) as Record<string, string>;
  const { AUTH_JWT_ISSUER = "", AUTH_JWT_AUDIENCE = "" } = settings;
  const { sign } = provider;
  const userToken = await sign(
    { sub: "ann", scope: scopes.join(" "), ...claims },
    AUTH_JWT_ISSUER,
    AUTH_JWT_AUDIENCE,
  );
  const { server } = await serverForSnippets({ ...settings, AUTH_JWKS_URI: provider.url }, userToken);

  const frontEnd = find("await fetch(").replace("https://video.example.com", server.origin);
  const response: Response = await new AsyncFunction("accessToken", `${frontEnd}\nreturn response;`)(
    userToken,
  );
  const { data } = await response.json();
  expect(data.ensureSession.generateToken.token).toMatch(/^eyJ/);
  for (const beyond of [ENSURE("standup", "MODERATOR"), ENSURE("planning")]) {
    const { errors } = await server.graphql(beyond, {}, userToken);
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  }
};

/** A back end's program that signs a JWT, which gives its user tokens for the user's rooms only. */
export const signsForItsUsers: Run = async ({ code }) => {
  const app = new Application([]);
  onTestFinished(() => app.remove());
  app.write("sign.js", `const user = { id: "ann", rooms: ["standup"] };\n${code}\nexport { accessToken };\n`);
  vi.stubEnv("AUTH_JWT_SECRET", JWT_SECRET);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { accessToken } = await import(/* @vite-ignore */ app.path("sign.js"));
  const { server } = await sharedServer({ AUTH_JWT_SECRET: JWT_SECRET }, accessToken);
  expect((await server.graphql(ENSURE("standup"), {}, accessToken)).errors).toEqual([]);
  const { errors } = await server.graphql(ENSURE("planning"), {}, accessToken);
  expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", requiredName: "planning" } }]);
};

/** The claims of a caller whose tokens say who it is. */
export const bindsTokens: Run = async ({ code }) => {
  const claims = JSON.parse(code);
  const caller = signedJwt(claims);
  const { server } = await sharedServer({ AUTH_JWT_SECRET: JWT_SECRET }, caller);
  const join = (given: string) =>
    server.graphql(
      `mutation { ensureSession(name: "standup") { generateToken${given} { identity data } } }`,
      {},
      caller,
    );
  const { identity, data } = claims.video_grant;
  expect((await join("")).data.ensureSession.generateToken).toEqual({ identity, data });
  for (const other of ['(identity: "bob")', '(data: "bob")'])
    expect((await join(other)).errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
};
