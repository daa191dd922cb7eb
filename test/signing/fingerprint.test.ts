import { createHmac, createPublicKey, generateKeyPairSync, hkdfSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openTokKeyRing, vonageKeyRing } from "../../src/signing/key-ring.ts";
import { SigningService } from "../../src/signing/signing-service.ts";

const newKey = () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

/** The fingerprint, computed step by step. */
function expected(secret: Buffer, text: string): string {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "stagepass connection data fingerprint", 32));
  return createHmac("sha256", key).update(text).digest().subarray(0, 16).toString("base64url");
}

describe("a fingerprint of connection data", () => {
  it("depends on the secret, the session and the data, and no data is the empty text", () => {
    const signing = new SigningService(openTokKeyRing("1", "secret"));
    expect(signing.fingerprint("1_a", "Übung 🙂")).toBe(expected(Buffer.from("secret"), "1_a\nÜbung 🙂"));
    expect(signing.fingerprint("1_a", null)).toBe(expected(Buffer.from("secret"), "1_a\n"));
    expect(signing.fingerprint("1_a", "")).toBe(signing.fingerprint("1_a", null));
    expect(signing.fingerprint("1_b", "x")).not.toBe(signing.fingerprint("1_a", "x"));
  });

  it("is found by the previous secret, too, before and after a rotation", () => {
    const ring = openTokKeyRing("1", "old");
    const signing = new SigningService(ring);
    const before = signing.fingerprint("1_a", "x");
    ring.takeKeysOf(openTokKeyRing("1", "new", "old"));
    expect(signing.fingerprint("1_a", "x")).toBe(expected(Buffer.from("new"), "1_a\nx"));
    expect(signing.fingerprints("1_a", "x")).toEqual([signing.fingerprint("1_a", "x"), before]);
  });

  it("is by the private key of a Vonage application, and by the previous one if its private half is known", () => {
    const [key, previous] = [newKey(), newKey()];
    const der = (of: typeof key) => of.export({ format: "der", type: "pkcs8" });
    const by = (more?: Parameters<typeof vonageKeyRing>[2]) =>
      new SigningService(vonageKeyRing("app", key, more)).fingerprints("1_a", "x");
    expect(by(previous)).toEqual([expected(der(key), "1_a\nx"), expected(der(previous), "1_a\nx")]);
    expect(by(createPublicKey(previous))).toEqual([expected(der(key), "1_a\nx")]);
  });
});
