import { createHash, createPublicKey } from "node:crypto";
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lookAtKey } from "../../src/doctor/key.ts";
import { keptLocalProject } from "../../src/platform/local-project.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, newPrivateKey, PRIVATE_KEY } from "../support/credentials.ts";
import { foundBy, openTokAt } from "../support/doctor.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const OPENTOK = openTokAt("http://127.0.0.1:1");
const VONAGE = { VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: PRIVATE_KEY };
const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
/** As `openssl rsa -pubout -outform der | sha256sum`. */
const ofPublic = (pem: string) =>
  sha256(createPublicKey(pem).export({ type: "spki", format: "der" })).slice(0, 16);

describe("the key that signs", () => {
  it("is an OpenTok secret, of which the length and a fingerprint are told", async () => {
    expect(await foundBy(lookAtKey, OPENTOK)).toEqual([
      `ok OPENTOK_API_SECRET: a secret of 40 bytes, SHA-256 ${sha256(API_SECRET).slice(0, 8)}, for OPENTOK_API_KEY ${API_KEY}`,
    ]);
  });

  it("is an RSA key, with the size of its modulus and the fingerprint of its public key", async () => {
    expect(await foundBy(lookAtKey, VONAGE)).toEqual([
      `ok VONAGE_PRIVATE_KEY: RSA, 2048 bits, exponent 65537, SHA-256 of the public key ${ofPublic(PRIVATE_KEY)}, for VONAGE_APPLICATION_ID ${APPLICATION_ID}`,
    ]);
  });

  it("has a previous one, which is not tried", async () => {
    const previous = newPrivateKey();
    const [found] = await foundBy(lookAtKey, { ...VONAGE, VONAGE_PRIVATE_KEY_PREVIOUS: previous });
    expect(found).toMatch(
      new RegExp(`; the previous one, RSA, .*${ofPublic(previous)}, only verifies, and is not tested$`),
    );
  });
});

describe("the key of a local project", () => {
  const at = (folder: string) => ({ DATABASE_URL: `file:${folder}/test.db` });

  it("is made at the first start, and not now", async () => {
    const folder = temporaryFolder();
    expect(await foundBy(lookAtKey, at(folder))).toEqual([
      `- key: the first start creates a local project in ${folder}/local-project.json`,
    ]);
    expect(readdirSync(folder)).toEqual([]);
    expect(await foundBy(lookAtKey, { DATABASE_URL: ":memory:" })).toEqual([
      "- key: each start creates a new local project, which cannot verify earlier tokens",
    ]);
  });

  it("is the one that is kept", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "local-project.json");
    const { apiKey, apiSecret } = keptLocalProject(file);
    const [found] = await foundBy(lookAtKey, at(folder));
    expect(found).toBe(
      `ok key: a secret of 40 bytes, SHA-256 ${sha256(apiSecret).slice(0, 8)}, for the local project ${apiKey} in ${file}`,
    );
    await expect(foundBy(lookAtKey, { ...at(folder), AUTH_JWT_SECRET: apiSecret })).rejects.toThrow(
      "AUTH_JWT_SECRET: must differ from the OpenTok project's secret",
    );
    chmodSync(file, 0o644);
    await expect(foundBy(lookAtKey, at(folder))).rejects.toThrow(/^DATABASE_URL: .*other users can read it/);
  });
});
