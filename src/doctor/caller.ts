import { API_KEY_PREFIX, apiKeyId, isKeyOf } from "../access/api-key.ts";
import { CLAIM_NAMES } from "../access/claims.ts";
import { explainJwt, permissionSteps } from "../access/explain-jwt.ts";
import { jwksKeys } from "../access/jwks.ts";
import { outbound } from "../assembly/outbound.ts";
import { type Config, keptDatabase } from "../config/config.ts";
import { openToLook } from "../store/database.ts";
import { PATIENCE } from "../store/deadline.ts";
import { sqlStore } from "../store/sql-store.ts";
import type { StoredApiKey } from "../store/store.ts";
import type { Check } from "./examine.ts";
import type { Finding } from "./finding.ts";

const finding = (what: string, ok: boolean, says: string): Finding => ({ what, ok, says });

/**
 * What a caller's credential allows, and why it allows no more. Prints nothing of the credential except the ID of an API key.
 *
 * @param credential a JWT or an API key
 */
export function lookAtCaller(credential: string): Check {
  return async (config, now) => {
    if (credential.startsWith(API_KEY_PREFIX)) return keyFindings(config, credential);
    if (credential.startsWith("T1=="))
      return [finding("token", false, "this is a connection token for clients: use stagepass inspect")];
    const { jwtRules, proxy } = config;
    if (jwtRules === null)
      return [finding("token", false, "JWTs are not accepted: set AUTH_JWT_SECRET or AUTH_JWKS_URI")];
    const jwks = jwtRules.jwksUri === null ? null : jwksKeys(jwtRules.jwksUri, outbound(proxy));
    return [...(await explainJwt(credential, jwtRules, jwks, now()))];
  };
}

async function keyFindings({ database: address }: Config, key: string): Promise<Finding[]> {
  const id = apiKeyId(key);
  if (id === null) {
    const form = "stagepass_, eight hexadecimal digits, _ and 43 characters, 62 in all";
    return [finding("API key", false, `is malformed: it has ${key.length} characters, and a key is ${form}`)];
  }
  const database = await openToLook(keptDatabase(address), PATIENCE);
  try {
    const known = await sqlStore(database).apiKeys.find(id);
    const [refusal, state] = judge(id, known, key);
    if (known === null || refusal) return [finding("API key", false, state)];
    return [finding("API key", true, state), ...permissionSteps(known.claims, CLAIM_NAMES)];
  } finally {
    void database.kysely.destroy().catch(() => {});
  }
}

/** Whether a server refuses the key, and the key's state, which only the owner of the whole key may see. */
function judge(id: string, known: StoredApiKey | null, key: string): [refused: boolean, says: string] {
  if (known === null)
    return [
      true,
      `the database of DATABASE_URL has no key ${id}: check whether the key belongs to another database`,
    ];
  const { name, digest, revokedAt, expiresAt, isExpired } = known;
  if (!isKeyOf(digest, key))
    return [true, `${id} is the ID of ${name}, but the rest of the key does not match`];
  if (revokedAt) return [true, `${id}, ${name}, was revoked at ${revokedAt.toISOString()}`];
  const end = expiresAt?.toISOString();
  if (isExpired) return [true, `${id}, ${name}, expired at ${end}`];
  return [false, `${id}, ${name}, ${end ? `works until ${end}` : "works and does not expire"}`];
}
