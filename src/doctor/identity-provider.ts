import { type PublicKey, readJwks } from "../access/jwks.ts";
import { type Fetch, outbound } from "../assembly/outbound.ts";
import type { Config } from "../config/config.ts";
import { safeUrl } from "../config/variables.ts";
import { quote } from "../errors.ts";
import { type Finding, whyNoAnswer } from "./finding.ts";
import { readText } from "./read-text.ts";

/** The timeout for the provider's discovery document, in milliseconds. */
const TIMEOUT = 4000;

/** The most keys, and the most issuers, in the output. */
const MOST_NAMED = 8;

/** Whether the identity provider's keys can be read, and whether it is the intended provider. */
export async function lookAtIdentityProvider({ jwtRules, proxy }: Config): Promise<Finding[]> {
  if (jwtRules === null) return [];
  const { jwksUri, issuers } = jwtRules;
  const fetch = outbound(proxy);
  // With several issuers, the keys may belong to any of them.
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
    return finding(false, `none of its ${keys.length} keys is for RS256, PS256 or ES256`);
  return finding(true, `${usable.length} usable keys: ${[...named, ...more].join(", ")}`);
}

/** The accepted algorithms of a key; null if it has none. */
function algorithmOf({ key, algorithm }: PublicKey): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const fitting = type === "rsa" ? ["RS256", "PS256"] : details?.namedCurve === "prime256v1" ? ["ES256"] : [];
  if (algorithm === undefined) return fitting.join(" or ") || null;
  return fitting.includes(algorithm) ? algorithm : null;
}

/** Compares the provider's discovery document (OpenID Connect Discovery 1.0, 4). A provider may have none. */
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
    const says = `the provider writes ${its("issuer")} as iss, so none of its JWTs is accepted: set this value`;
    findings.push({ what: "AUTH_JWT_ISSUER", ok: false, says });
  } else findings.push({ what: "AUTH_JWT_ISSUER", ok: true, says: "matches the discovery document" });
  if (jwksUri !== null && said.jwks_uri !== jwksUri) {
    const says = `the provider's discovery document has ${its("jwks_uri")}: check which one is right`;
    findings.push({ what: "AUTH_JWKS_URI", ok: null, says });
  }
  return findings;
}

/** The longest output of a URL from the provider, in characters. */
const MAX_URL = 200;
