import { createSecretKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseEnv } from "node:util";
import { exportJWK, SignJWT } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { snippets } from "../docs/markdown.ts";
import { JWT_SECRET } from "../support/callers.ts";
import { serverForTest } from "../support/server.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const DOCUMENT = "docs/identity-providers.md";

const GRANT = { roles: ["PUBLISHER"], names: ["standup"], maxLifetime: 3600 };
const SCOPES = ["sessions:create", "tokens:create"];
const now = Math.floor(Date.now() / 1000);
const times = { iat: now, exp: now + 3600 };

/** A token of a provider: what its header and its claims are, beside those that every one has. */
interface Token {
  readonly provider: string;
  readonly what: string;
  readonly header?: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  /** Which of the provider's settings, where there are several. */
  readonly settings?: RegExp;
  readonly alg?: "RS256" | "ES256" | "HS256";
}

const auth0 = {
  iss: "https://example.eu.auth0.com/",
  sub: "auth0|6553da60a54af58e29493993",
  aud: ["https://video.example.com/", "https://example.eu.auth0.com/userinfo"],
  "https://video.example.com/video_grant": GRANT,
};
const entra = {
  iss: "https://login.microsoftonline.com/8b1c7a52-0f4e-4d9a-9b35-2a6c1de0f973/v2.0",
  aud: "5e7d0a44-93c1-4b0e-8f6a-c21d7b3e9a10",
  azp: randomUUID(),
  azpacr: "1",
  nbf: now,
  oid: randomUUID(),
  sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
  tid: "8b1c7a52-0f4e-4d9a-9b35-2a6c1de0f973",
  uti: "x",
  ver: "2.0",
  video_grant: JSON.stringify(GRANT),
};
const keycloak = {
  iss: "https://sso.example.com/realms/example",
  aud: ["stagepass", "account"],
  sub: randomUUID(),
  jti: randomUUID(),
  typ: "Bearer",
  azp: "front-end",
  sid: randomUUID(),
  acr: "1",
  "allowed-origins": ["https://app.example.com"],
  realm_access: { roles: ["offline_access", "default-roles-example"] },
  resource_access: { account: { roles: ["manage-account"] }, stagepass: { roles: SCOPES } },
  scope: "openid profile email",
  video_grant: GRANT,
};
const supabase = {
  iss: "https://abcdefghijklmnopqrst.supabase.co/auth/v1",
  aud: "authenticated",
  sub: randomUUID(),
  email: "ann@example.com",
  phone: "",
  role: "authenticated",
  aal: "aal1",
  amr: [{ method: "password", timestamp: now }],
  session_id: randomUUID(),
  is_anonymous: false,
  app_metadata: { provider: "email", providers: ["email"], scope: SCOPES.join(" "), video_grant: GRANT },
  user_metadata: { scope: "ledger:read", video_grant: { roles: ["MODERATOR"], sessions: ["*"] } },
};

const TOKENS: readonly Token[] = [
  {
    provider: "Auth0",
    what: "the profile of Auth0",
    header: { typ: "JWT" },
    claims: {
      ...auth0,
      azp: "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
      scope: `openid profile ${SCOPES.join(" ")}`,
    },
  },
  {
    provider: "Auth0",
    what: "RFC 9068, with permissions",
    header: { typ: "at+jwt" },
    claims: {
      ...auth0,
      client_id: "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
      jti: "73WakrfVbNJBaAmhQtEeDv",
      scope: "openid profile",
      permissions: SCOPES,
    },
  },
  {
    provider: "Okta",
    what: "a custom authorization server",
    claims: {
      ver: 1,
      jti: "AT.MNAoEQ_jbKqoinrQo1D0XKjMX28U5d7ZszBceot7-Ts",
      iss: "https://example.okta.com/oauth2/default",
      aud: "api://default",
      cid: "0oabv6kx4qq6h1U5l0h7",
      uid: "00ud4tVDDXYVKPXKVLCO",
      scp: ["openid", ...SCOPES],
      auth_time: now,
      sub: "ann@example.com",
      video_grant: JSON.stringify(GRANT),
    },
  },
  {
    provider: "Entra ID",
    what: "a user's",
    header: { typ: "JWT" },
    claims: { ...entra, scp: SCOPES.join(" ") },
  },
  {
    provider: "Entra ID",
    what: "an application's",
    header: { typ: "JWT" },
    claims: { ...entra, idtyp: "app", roles: SCOPES },
  },
  {
    provider: "Cognito",
    what: "an access token",
    claims: {
      sub: randomUUID(),
      "cognito:groups": ["video"],
      iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123",
      version: 2,
      client_id: "7lq2mfk1b8v0c5jd9s3tgh4xyz",
      origin_jti: randomUUID(),
      token_use: "access",
      scope: `openid ${SCOPES.map((scope) => `stagepass/${scope}`).join(" ")}`,
      auth_time: now,
      jti: randomUUID(),
      username: "ann",
      video_grant: GRANT,
    },
  },
  { provider: "Keycloak", what: "client roles", header: { typ: "JWT" }, claims: keycloak },
  {
    provider: "Keycloak",
    what: "in a Compose network",
    header: { typ: "JWT" },
    claims: keycloak,
    settings: /INSECURE/,
  },
  {
    provider: "Firebase",
    what: "an ID token",
    header: { typ: "JWT" },
    claims: {
      iss: "https://securetoken.google.com/example-project",
      aud: "example-project",
      auth_time: now,
      user_id: "x7Yq0",
      sub: "x7Yq0",
      email: "ann@example.com",
      email_verified: true,
      firebase: { identities: { email: ["ann@example.com"] }, sign_in_provider: "password" },
      scope: SCOPES.join(" "),
      video_grant: GRANT,
    },
  },
  { provider: "Supabase", what: "signing keys", header: { typ: "JWT" }, claims: supabase, alg: "ES256" },
  {
    provider: "Supabase",
    what: "the legacy secret",
    header: { typ: "JWT" },
    claims: supabase,
    alg: "HS256",
    settings: /SECRET/,
  },
  {
    provider: "Clerk",
    what: "a session token",
    header: { typ: "JWT", cat: "cl_B7d4PD111AAA" },
    claims: {
      azp: "https://app.example.com",
      fva: [7, -1],
      iss: "https://clerk.example.com",
      nbf: now - 10,
      sid: "sess_2Gb",
      sts: "active",
      sub: "user_2Gb",
      v: 2,
      scope: SCOPES.join(" "),
      video_grant: GRANT,
    },
  },
];

/** The settings of a provider, as its section has them. */
function settingsOf({ provider, settings = /./ }: Token): Record<string, string> {
  const found = snippets(DOCUMENT).find(({ heading, code }) => heading === provider && settings.test(code));
  return parseEnv(found?.code ?? "") as Record<string, string>;
}

/** A server with these settings, which finds the provider's keys on this machine. */
async function start(token: Token) {
  const keys = [
    { ...(await exportJWK(rsa.publicKey)), kid: "rsa", use: "sig", alg: "RS256" },
    { ...(await exportJWK(ec.publicKey)), kid: "ec", use: "sig", alg: "ES256" },
  ];
  const provider = createServer((_, response) => response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void provider.close());
  const { port } = provider.address() as AddressInfo;
  const settings = settingsOf(token);
  expect(
    parseConfig({ ...settings, ...(settings.AUTH_JWT_SECRET && { AUTH_JWT_SECRET: JWT_SECRET }) }).jwtRules,
  ).not.toBeNull();
  return serverForTest({
    ...settings,
    ...(settings.AUTH_JWKS_URI && { AUTH_JWKS_URI: `http://127.0.0.1:${port}/keys` }),
    ...(settings.AUTH_JWT_SECRET && { AUTH_JWT_SECRET: JWT_SECRET }),
  });
}

function signed({ header = {}, claims, alg = "RS256" }: Token, others: object = {}): Promise<string> {
  const key = { RS256: rsa.privateKey, ES256: ec.privateKey, HS256: createSecretKey(JWT_SECRET, "utf8") }[
    alg
  ];
  const kid = { RS256: "rsa", ES256: "ec", HS256: "legacy" }[alg];
  return new SignJWT({ ...times, ...claims, ...others })
    .setProtectedHeader({ ...header, alg, kid })
    .sign(key);
}

const ENSURE = (name: string, role = "PUBLISHER") =>
  `mutation { ensureSession(name: "${name}") { generateToken(role: ${role}) { token } } }`;

describe.each(TOKENS)("$provider, $what", (token) => {
  it("is read with the settings of its section, and gives what it says", async () => {
    const server = await start(token);
    const jwt = await signed(token);
    const { data, errors } = await server.graphql(ENSURE("standup"), {}, jwt);
    expect(errors).toEqual([]);
    expect(data.ensureSession.generateToken.token).toMatch(/^eyJ/);
    for (const beyond of [
      ENSURE("standup", "MODERATOR"),
      ENSURE("planning"),
      "{ issuedTokens { totalCount } }",
    ]) {
      expect((await server.graphql(beyond, {}, jwt)).errors).toMatchObject([
        { extensions: { code: "FORBIDDEN" } },
      ]);
    }
    const { iss } = token.claims;
    for (const others of [
      { iss: `${iss}x` },
      { aud: "another", client_id: "another", azp: "another" },
      { exp: now - 61 },
    ]) {
      expect(
        await server.graphql("{ videoCaller { subject } }", {}, await signed(token, others)),
      ).toMatchObject({
        status: 401,
      });
    }
    expect(server.log().filter(({ problem }) => problem !== undefined)).toEqual([]);
  });
});

it("every section with settings is one of these providers", () => {
  const sections = new Set(snippets(DOCUMENT).map(({ heading }) => heading));
  expect([...sections]).toEqual([...new Set(TOKENS.map(({ provider }) => provider))]);
  expect(snippets(DOCUMENT)).toHaveLength(10);
});
