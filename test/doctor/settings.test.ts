import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configOf } from "../../src/config/config.ts";
import { parseEnvFile } from "../../src/config/env-file.ts";
import { Environment } from "../../src/config/environment.ts";
import { SECRET_NAMES, VARIABLES } from "../../src/config/variable-table.ts";
import { settingsOf } from "../../src/doctor/settings.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

function settings(env: Record<string, string>, file = "") {
  const environment = new Environment(env, parseEnvFile(Buffer.from(file)));
  configOf(environment);
  return new Map(settingsOf(environment).map((setting) => [setting.name, setting]));
}
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);

describe("settings", () => {
  it("are all variables, with where each value is from", () => {
    const file = join(temporaryFolder(), "secret");
    writeFileSync(file, "canary-of-a-file-canary-of-a-file\n");
    const found = settings({ PORT: "4001", AUTH_JWT_SECRET_FILE: file }, "PORT=1\nLOG_LEVEL=debug\n");
    expect([...found.keys()]).toEqual(Object.keys(VARIABLES));
    expect(found.get("PORT")).toEqual({ name: "PORT", source: "environment", value: "4001" });
    expect(found.get("LOG_LEVEL")).toEqual({ name: "LOG_LEVEL", source: ".env", value: "debug" });
    expect(found.get("HOST")).toEqual({ name: "HOST", source: "default", value: "127.0.0.1" });
    expect(found.get("PLATFORM")).toEqual({ name: "PLATFORM", source: "default", value: null });
    expect(found.get("DATABASE_URL")).toMatchObject({ source: "default", value: "file:./data/stagepass.db" });
    const secret = "canary-of-a-file-canary-of-a-file";
    expect(found.get("AUTH_JWT_SECRET")).toEqual({
      name: "AUTH_JWT_SECRET",
      source: "file",
      length: secret.length,
      sha256: sha256(secret),
    });
  });

  it("are not shown where they are secrets, or may be", () => {
    const canary = "0ca0a470ca0a470ca0a470ca0a470ca0a470ca0a";
    const wrong = {
      // A secret in the wrong place breaks the rule of that place.
      OPENTOK_API_KEY: canary,
      AUTH_JWT_ISSUER: `https://user:${canary}@example.com/`,
      AUTH_JWKS_URI: `https://example.com/keys?key=${canary}`,
      https_proxy: `http://user:${canary}@proxy.example.com:3128`,
      OTEL_SDK_DISABLED: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://user:${canary}@example.com`,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: `x-key=${canary}`,
    };
    const secrets = Object.fromEntries(SECRET_NAMES.map((name) => [name, canary]));
    const found = settings({ ...secrets, ...wrong });
    expect(JSON.stringify([...found.values()])).not.toContain(canary);
    for (const name of [...SECRET_NAMES, ...Object.keys(wrong)].filter(
      (name) => name !== "OTEL_SDK_DISABLED",
    ))
      expect(found.get(name), name).toMatchObject({
        length: expect.any(Number),
        sha256: expect.stringMatching(/^[0-9a-f]{8}$/),
      });
  });
});
