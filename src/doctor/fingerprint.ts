import { createHash } from "node:crypto";

/** The first bytes of a SHA-256, in hexadecimal: enough to tell whether two secrets are the same. */
export function fingerprint(content: Buffer | string, bytes = 4): string {
  return createHash("sha256")
    .update(content)
    .digest("hex")
    .slice(0, 2 * bytes);
}
