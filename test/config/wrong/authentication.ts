import { resolve } from "node:path";
import { JWT_SECRET } from "../../support/callers.ts";
import { API_SECRET, OPENTOK } from "../../support/credentials.ts";
import type { Wrong } from "./wrong.ts";

const secret = { AUTH_JWT_SECRET: JWT_SECRET };
const jwks = { AUTH_JWKS_URI: "https://idp.example.com/jwks" };
const BEFORE = "0123456789abcdef0123456789abcdef01234567";

const PLACEHOLDERS = [
  "a".repeat(32),
  "abc".repeat(20),
  "changeme".repeat(4),
  "ChangeMe-To-32-Random-Bytes-Or-More",
  "your-256-bit-secret-your-256-bit-secret",
  "a-string-secret-at-least-256-bits-long",
  "<what openssl rand -base64 32 prints>",
];

const SAFE = "must be an https: URL without credentials or fragment; http: works only on this machine";
const PRIVATE = `${SAFE}; in a private network, AUTH_JWKS_INSECURE=on allows http:`;
const METADATA = "must be the URL of the keys, not of the provider's metadata; use its jwks_uri";
const LIST = "must be a comma-separated list without empty values";
const PLAIN =
  "must be a comma-separated list; values cannot contain white space, semicolons, quotes or brackets";
const REMEDY = "make one with: openssl rand -base64 32";
const CLAIM = "must be the name of a claim or a dotted path to it, without white space";
const USERS = "must not be in user_metadata or unsafe_metadata, which users can change; use app_metadata";

const needsKeys = (name: string, value: string): Wrong => ({
  what: `${name} without keys`,
  env: { [name]: value },
  says: `${name}: has no effect without AUTH_JWT_SECRET or AUTH_JWKS_URI; set one of them`,
});

/** Of how callers' JWTs are verified and read. */
export const AUTHENTICATION: readonly Wrong[] = [
  needsKeys("AUTH_JWT_ISSUER", "https://idp.example.com/"),
  needsKeys("AUTH_JWT_AUDIENCE", "stagepass"),
  needsKeys("AUTH_JWT_CLIENT_ID", "front-end"),
  needsKeys("AUTH_SCOPE_CLAIM", "scp"),
  needsKeys("AUTH_SCOPE_PREFIX", "stagepass/"),
  needsKeys("AUTH_GRANT_CLAIM", "grant"),
  {
    what: "AUTH_JWKS_INSECURE without keys",
    env: { AUTH_JWKS_INSECURE: "on" },
    says: "AUTH_JWKS_URI: must be set, because AUTH_JWKS_INSECURE=on is set",
  },
  {
    what: "keys of a Compose network",
    env: { AUTH_JWKS_URI: "http://keycloak:8080/keys" },
    says: `AUTH_JWKS_URI: ${PRIVATE}`,
  },
  {
    what: "keys of a Compose network, explicitly not",
    env: { AUTH_JWKS_URI: "http://keycloak:8080/keys", AUTH_JWKS_INSECURE: "off" },
    says: `AUTH_JWKS_URI: ${PRIVATE}`,
  },
  {
    what: "keys of a Compose network, with a password",
    env: { AUTH_JWKS_URI: "http://user:password@keycloak:8080/keys" },
    says: `AUTH_JWKS_URI: ${SAFE}`,
  },
  {
    what: "keys with a password where http: is allowed",
    env: { AUTH_JWKS_URI: "http://user:password@keycloak:8080/keys", AUTH_JWKS_INSECURE: "on" },
    says: `AUTH_JWKS_URI: ${SAFE}`,
  },
  {
    what: "keys with a fragment",
    env: { AUTH_JWKS_URI: "https://idp.example.com/jwks#keys" },
    says: `AUTH_JWKS_URI: ${SAFE}`,
  },
  {
    what: "keys in a file",
    env: { AUTH_JWKS_URI: "file:///etc/jwks.json", AUTH_JWKS_INSECURE: "on" },
    says: `AUTH_JWKS_URI: ${SAFE}`,
  },
  {
    what: "the provider's metadata for its keys",
    env: { AUTH_JWKS_URI: "https://idp.example.com/.well-known/openid-configuration" },
    says: `AUTH_JWKS_URI: ${METADATA}`,
  },
  {
    what: "the provider's metadata for its keys, over http:",
    env: { AUTH_JWKS_URI: "http://idp/.well-known/openid-configuration", AUTH_JWKS_INSECURE: "on" },
    says: `AUTH_JWKS_URI: ${METADATA}`,
  },
  {
    what: "the provider's metadata for its issuer",
    env: { ...jwks, AUTH_JWT_ISSUER: "https://idp.example.com/.well-known/openid-configuration" },
    says: "AUTH_JWT_ISSUER: must be the iss claim of JWTs, not the URL of a document; remove /.well-known/ and the rest",
  },
  ...["AUTH_JWT_ISSUER", "AUTH_JWT_AUDIENCE", "AUTH_JWT_CLIENT_ID", "AUTH_SCOPE_CLAIM"].flatMap((name) =>
    ["a,", ",a", "a,,b", ","].map((value) => ({
      what: `${name}=${value}`,
      env: { ...jwks, [name]: value },
      says: `${name}: ${LIST}`,
    })),
  ),
  ...[
    'a,"b"',
    '["a","b"]',
    "a b",
    "a;b",
    "https://login.example.com/<tenant>",
    "https://a.example.com/{tenantid}",
  ].map((value) => ({
    what: `AUTH_JWT_AUDIENCE=${value}`,
    env: { ...jwks, AUTH_JWT_AUDIENCE: value },
    says: `AUTH_JWT_AUDIENCE: ${PLAIN}`,
  })),
  {
    what: "a public key as the secret, which everybody has",
    env: { AUTH_JWT_SECRET: "-----BEGIN PUBLIC KEY----- MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" },
    says: `AUTH_JWT_SECRET: is a key in PEM format, not a secret; use AUTH_JWKS_URI for public keys, or ${REMEDY}`,
  },
  {
    what: "a JWT as the secret, such as Supabase's public anon key",
    env: { AUTH_JWT_SECRET: "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.Zm9yZ2VkLXNpZ25hdHVyZQ" },
    says: `AUTH_JWT_SECRET: is a JWT, not a signing secret; ${REMEDY}`,
  },
  {
    what: "the path of a file as the secret",
    env: { AUTH_JWT_SECRET: resolve("test/config/wrong/authentication.ts") },
    says: "AUTH_JWT_SECRET: is the path of a file; set the variable with the suffix _FILE to it",
  },
  {
    what: "two words as a claim",
    env: { ...jwks, AUTH_SCOPE_CLAIM: "scope scp" },
    says: `AUTH_SCOPE_CLAIM: ${PLAIN}`,
  },
  { what: "two grants", env: { ...jwks, AUTH_GRANT_CLAIM: "a,b" }, says: `AUTH_GRANT_CLAIM: ${CLAIM}` },
  {
    what: "a grant that users write",
    env: { ...jwks, AUTH_GRANT_CLAIM: "user_metadata.video_grant" },
    says: `AUTH_GRANT_CLAIM: ${USERS}`,
  },
  {
    what: "scopes that users write",
    env: { ...jwks, AUTH_SCOPE_CLAIM: "scope,unsafe_metadata.scope" },
    says: `AUTH_SCOPE_CLAIM: ${USERS}`,
  },
  {
    what: "a prefix with a space",
    env: { ...jwks, AUTH_SCOPE_PREFIX: "stage pass/" },
    says: "AUTH_SCOPE_PREFIX: must be the prefix of scope names, such as stagepass/, without white space",
  },
  {
    what: "a previous secret without one",
    env: { ...jwks, AUTH_JWT_SECRET_PREVIOUS: JWT_SECRET },
    says: "AUTH_JWT_SECRET: must be set, because AUTH_JWT_SECRET_PREVIOUS is set",
  },
  {
    what: "the same secret twice",
    env: { ...secret, AUTH_JWT_SECRET_PREVIOUS: JWT_SECRET },
    says: "AUTH_JWT_SECRET_PREVIOUS: must differ from AUTH_JWT_SECRET",
  },
  {
    what: "a previous secret that is too short",
    env: { ...secret, AUTH_JWT_SECRET_PREVIOUS: "abcdefgh" },
    says: "AUTH_JWT_SECRET_PREVIOUS: must have at least 32 bytes; make one with: openssl rand -base64 32",
  },
  {
    what: "a secret of 31 bytes",
    env: { AUTH_JWT_SECRET: JWT_SECRET.slice(0, 31) },
    says: "AUTH_JWT_SECRET: must have at least 32 bytes; make one with: openssl rand -base64 32",
  },
  ...PLACEHOLDERS.flatMap((placeholder) =>
    ["AUTH_JWT_SECRET", "AUTH_JWT_SECRET_PREVIOUS"].map((name) => ({
      what: `${name}=${placeholder}`,
      env: { ...secret, [name]: placeholder },
      says: `${name}: is a placeholder; make one with: openssl rand -base64 32`,
    })),
  ),
  ...[API_SECRET, BEFORE].flatMap((ofProject) =>
    ["AUTH_JWT_SECRET", "AUTH_JWT_SECRET_PREVIOUS"].map((name) => ({
      what: `${name} that is the project's ${ofProject === BEFORE ? "previous " : ""}secret`,
      env: { ...OPENTOK, OPENTOK_API_SECRET_PREVIOUS: BEFORE, ...secret, [name]: ofProject },
      says: `${name}: must differ from the OpenTok project's secret`,
    })),
  ),
];
