import { createPublicKey, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { checkOtherSecret, existingKeyRing, localProjectFile } from "../assembly/project.ts";
import type { Config } from "../config/config.ts";
import { CREDENTIAL_NAMES } from "../platform/credential-names.ts";
import type { KeyRing } from "../signing/key-ring.ts";
import type { Finding } from "./finding.ts";
import { fingerprint } from "./fingerprint.ts";

/** The keys that sign and verify, without their secrets. */
export async function lookAtKey(config: Config): Promise<Finding[]> {
  const kept = localProjectFile(config.database);
  const file = kept && resolve(kept);
  if (config.platform.keyRing === null && (file === null || !existsSync(file))) {
    const says =
      file === null
        ? "each start creates a new local project, which cannot verify earlier tokens"
        : `the first start creates a local project in ${file}`;
    return [{ what: "key", ok: null, says }];
  }
  const keyRing = existingKeyRing(config);
  checkOtherSecret(config.jwtRules, keyRing);
  return [signingFinding(keyRing, config.platform.keyRing === null ? file : null)];
}

function signingFinding(
  { environment, applicationId, signingKey, verifyingKeys }: KeyRing,
  file: string | null,
) {
  const { id, key } = CREDENTIAL_NAMES[environment];
  const what = file === null ? key : "key";
  const of =
    file === null ? `for ${id} ${applicationId}` : `for the local project ${applicationId} in ${file}`;
  const previous = verifyingKeys
    .slice(1)
    .map((each) => `; the previous one, ${describe(each)}, only verifies, and is not tested`);
  const says = `${describe(signingKey)}, ${of}${previous.join("")}`;
  return { what, ok: true, says };
}

/** Kind, size and fingerprint. The fingerprint of RSA is of the public key: `openssl rsa -pubout -outform der | sha256sum`. */
function describe(key: KeyObject): string {
  if (key.type === "secret") {
    const secret = key.export();
    return `a secret of ${secret.length} bytes, SHA-256 ${fingerprint(secret)}`;
  }
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  const publicKey = (key.type === "public" ? key : createPublicKey(key)).export({
    type: "spki",
    format: "der",
  });
  return `RSA, ${modulusLength} bits, exponent ${publicExponent}, SHA-256 of the public key ${fingerprint(publicKey, 8)}`;
}
