import { API_KEY, API_SECRET } from "../../support/credentials.ts";
import type { Wrong } from "./wrong.ts";

const isNone = (name: string) => `${name}: is not a Stagepass variable;`;

const MISSPELT = [
  ["OPENTOK_API_SECERT", "OPENTOK_API_SECRET"],
  ["OPENTOK_APIKEY", "OPENTOK_API_KEY"],
  ["OPENTOK_API_KEYS", "OPENTOK_API_KEY"],
  ["opentok_api_key", "OPENTOK_API_KEY"],
  ["OPENTOK-API-KEY", "OPENTOK_API_KEY"],
  ["TOKBOX_API_KEY", "OPENTOK_API_KEY"],
  ["VONAGE_APPLICATIONID", "VONAGE_APPLICATION_ID"],
  ["VONAGE_PRIVATEKEY", "VONAGE_PRIVATE_KEY"],
  ["VONAGE_PRIVATE_KEY_PREVIUS", "VONAGE_PRIVATE_KEY_PREVIOUS"],
  ["AUTH_JWT_SECRETS", "AUTH_JWT_SECRET"],
  ["AUTH_JWT_AUDIENCES", "AUTH_JWT_AUDIENCE"],
  ["AUTH_JWT_ISSUERS", "AUTH_JWT_ISSUER"],
  ["AUTH_JWKS_URL", "AUTH_JWKS_URI"],
  ["AUTH_JWT_SECRETFILE", "AUTH_JWT_SECRET_FILE"],
  ["AUTH_JWT_SECERT_FILE", "AUTH_JWT_SECRET_FILE"],
  ["STAGEPASS_AUTH_JWT_SECRET", "AUTH_JWT_SECRET"],
  ["STAGEPASS_PORT", "PORT"],
  ["STAGEPASS_DATABASE_URL", "DATABASE_URL"],
  ["CORS_ORIGIN", "CORS_ORIGINS"],
  ["TOKEN_PER_MINUTE", "TOKENS_PER_MINUTE"],
  ["SESSION_PER_MINUTE", "SESSIONS_PER_MINUTE"],
  ["DATABASE_URI", "DATABASE_URL"],
  ["database_url", "DATABASE_URL"],
  ["Port", "PORT"],
  ["host", "HOST"],
  ["LOGLEVEL", "LOG_LEVEL"],
  ["NODEENV", "NODE_ENV"],
  ["TRUST_PROXYS", "TRUST_PROXY"],
  ["TRUSTED_DOCUMENT", "TRUSTED_DOCUMENTS"],
  ["TRUSTED_DOCUMENTS_MANIFESTS", "TRUSTED_DOCUMENTS_MANIFEST"],
  ["AUDIT_LOGS", "AUDIT_LOG"],
  ["METRIC_PORT", "METRICS_PORT"],
  ["LEDGER_RETENTION_DAY", "LEDGER_RETENTION_DAYS"],
  ["SHUTDOWN_DELAY", "SHUTDOWN_DELAY_MS"],
  ["PLATFORM_TIMEOUT", "PLATFORM_TIMEOUT_MS"],
  ["MAX_CONNECTIONS", "MAX_CONNECTIONS_PER_CALLER"],
  ["OTEL_EXPORTER_OTLP_ENDPOIN", "OTEL_EXPORTER_OTLP_ENDPOINT"],
  ["APOLLO_GRAPHREF", "APOLLO_GRAPH_REF"],
] as const;

const WITH_A_PREFIX = [
  ["OPENTOK_KEY", "OPENTOK_API_KEY, OPENTOK_API_SECRET, OPENTOK_API_SECRET_PREVIOUS, OPENTOK_API_URL"],
  ["TOKBOX_SECRET", "OPENTOK_API_KEY, OPENTOK_API_SECRET, OPENTOK_API_SECRET_PREVIOUS, OPENTOK_API_URL"],
  ["VONAGE_APP_ID", "VONAGE_APPLICATION_ID, VONAGE_PRIVATE_KEY, VONAGE_PRIVATE_KEY_PREVIOUS, VONAGE_API_URL"],
  ["CORS_ALLOWED_ORIGINS", "CORS_ORIGINS"],
  ["LEDGER_ENABLED", "LEDGER_RETENTION_DAYS"],
  ["AUDIT_FILE_PATH", "AUDIT_LOG, AUDIT_REQUIRED"],
  ["TRUSTED_DOCUMENTS_PATH", "TRUSTED_DOCUMENTS_MANIFEST"],
] as const;

/** Variables that nothing reads. */
export const NAMES: readonly Wrong[] = [
  ...MISSPELT.map(([name, meant]) => ({
    what: `${name} in place of ${meant}`,
    env: { [name]: "1" },
    says: `${isNone(name)} did you mean ${meant}?`,
  })),
  ...WITH_A_PREFIX.map(([name, all]) => ({
    what: `${name}, which has a prefix of ours`,
    env: { [name]: "1" },
    says: `${isNone(name)} the variables with this prefix are ${all}`,
  })),
  {
    what: "both credentials misspelt, which would be the local platform",
    env: { OPENTOK_APIKEY: API_KEY, OPENTOK_APISECRET: API_SECRET },
    says: /^OPENTOK_APIKEY: .* OPENTOK_API_KEY\?\nOPENTOK_APISECRET: .* OPENTOK_API_SECRET\?$/,
  },
  ...["PORT", "OPENTOK_API_KEY", "AUDIT_LOG", "TRUSTED_DOCUMENTS_MANIFEST"].map((name) => ({
    what: `a file of ${name}, which is no secret`,
    env: { [`${name}_FILE`]: "/run/secrets/it" },
    says: `${isNone(`${name}_FILE`)} only secrets can be in a file: set ${name}`,
  })),
];
