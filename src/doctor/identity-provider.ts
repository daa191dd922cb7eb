import { type PublicKey, readJwks } from "../access/jwks.ts";
import { type Fetch, outbound } from "../assembly/outbound.ts";
import type { Config } from "../config/config.ts";
import { safeUrl } from "../config/variables.ts";
import { quote } from "../errors.ts";
import { type Finding, whyNoAnswer } from "./finding.ts";
import { readText } from "./read-text.ts";

/** How long the provider may take to say what it is, in milliseconds. */
const TIMEOUT = 4000;

/** The most keys, and issuers, that are named. */
const MOST_NAMED = 8;

/** Whether JWTs of the identity provider can be verified, and whether it is the one that is meant. */
export async function lookAtIdentityProvider({ jwtRules, proxy }: Config): Promise<Finding[]> {
  if (jwtRules === null) return [];
  const { jwksUri, issuers } = jwtRules;
  const fetch = outbound(proxy);
  // Of several, nobody can tell which one has the keys.
  const itsKeys = issuers.length === 1 ? jwksUri : null;
  const findings = await Promise.all([
    jwksUri === null ? [] : keyFindings(jwksUri, fetch),
    ...issuers.slice(0, MOST_NAMED).map((issuer) => discoveryFindings(issuer, issuers, itsKeys, fetch)),
  ]);
  return findings.flat();
}

async function keyFindings(uri: string, fetch: Fetch): Promise<Finding[]> {
  const finding = (ok: boolean, says: string): Finding[] => [{ what: "AUTH_JWKS_URI", ok, says }];
  let keys: PublicKey[];
  try {
    keys = await readJwks(uri, fetch);
  } catch (error) {
    return finding(false, `its keys cannot be read: ${whyNoAnswer(error)}`);
  }
  const usable = keys.filter((key) => algorithmOf(key) !== null);
  const named = usable.slice(0, MOST_NAMED).map((key) => {
    const kid = key.id === undefined ? "without kid" : quote(String(key.id));
    return `${kid} for ${algorithmOf(key)}`;
  });
  const more = usable.length > MOST_NAMED ? [`${usable.length - MOST_NAMED} more`] : [];
  if (usable.length === 0)
    return finding(false, `it has ${keys.length} keys, and none of them for RS256, PS256 or ES256`);
  return finding(true, `${usable.length} usable keys: ${[...named, ...more].join(", ")}`);
}

/** The accepted algorithm that a key is for; null for none. */
function algorithmOf({ key, algorithm }: PublicKey): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const fitting = type === "rsa" ? ["RS256", "PS256"] : details?.namedCurve === "prime256v1" ? ["ES256"] : [];
  if (algorithm === undefined) return fitting.join(" or ") || null;
  return fitting.includes(algorithm) ? algorithm : null;
}

/** What a provider says of itself (OpenID Connect Discovery 1.0, 4). Not each has this, which is no fault. */
async function discoveryFindings(
  issuer: string,
  issuers: readonly string[],
  jwksUri: string | null,
  fetch: Fetch,
): Promise<Finding[]> {
  let said: Record<string, unknown>;
  let document: string;
  try {
    document = `${safeUrl(issuer).replace(/\/$/, "")}/.well-known/openid-configuration`;
  } catch {
    return [];
  }
  try {
    said = Object(JSON.parse(await readText(document, TIMEOUT, fetch)));
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is not JSON" : whyNoAnswer(error);
    return [{ what: "AUTH_JWT_ISSUER", ok: null, says: `not compared: ${document} cannot be read: ${why}` }];
  }
  const findings: Finding[] = [];
  const its = (member: string) => JSON.stringify(String(said[member]).slice(0, MAX_URL));
  if (!issuers.some((known) => known === said.issuer)) {
    const says = `the provider writes ${its("issuer")} as iss, so that none of its JWTs is accepted: set that`;
    findings.push({ what: "AUTH_JWT_ISSUER", ok: false, says });
  } else findings.push({ what: "AUTH_JWT_ISSUER", ok: true, says: "the provider calls itself the same" });
  if (jwksUri !== null && said.jwks_uri !== jwksUri) {
    const says = `the provider names another one, ${its("jwks_uri")}: check which is meant`;
    findings.push({ what: "AUTH_JWKS_URI", ok: null, says });
  }
  return findings;
}

/** The longest URL of the provider's that is repeated, in characters. */
const MAX_URL = 200;
