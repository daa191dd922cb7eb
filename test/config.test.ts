import { describe, expect, it } from "vitest";
import { parseConfig } from "../src/config.ts";
import { StartupError } from "../src/errors.ts";
import { API_KEY, API_SECRET } from "./support/server.ts";

const project = { PLATFORM: "local", OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: API_SECRET };

function problems(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof StartupError) return error.problems;
    throw error;
  }
  return [];
}

describe("parseConfig", () => {
  it.each<[string, Record<string, string>]>([
    ["not set", {}],
    ["empty", { PORT: "", HOST: "", DATABASE_URL: "", OPENTOK_API_KEY: "", LOG_LEVEL: "", NODE_ENV: "" }],
  ])("gives what is %s its default", (_, environment) => {
    expect(parseConfig(environment)).toEqual({
      production: false,
      host: "127.0.0.1",
      port: 4000,
      openTok: null,
      databaseFile: "./data/stagepass.db",
      logLevel: "info",
    });
  });

  it("is frozen, and shows the secret to nobody", () => {
    const config = parseConfig(project);
    expect(Object.isFrozen(config)).toBe(true);
    expect(config.openTok?.apiKey).toBe(API_KEY);
    expect(JSON.stringify(config)).not.toContain(API_SECRET);
  });

  it.each([
    ["file:./a.db", "./a.db"],
    ["file:/var/lib/a.db", "/var/lib/a.db"],
    ["file:///var/lib/a%20b.db", "/var/lib/a b.db"],
    [":memory:", null],
  ])("reads DATABASE_URL=%s", (DATABASE_URL, databaseFile) => {
    expect(parseConfig({ DATABASE_URL }).databaseFile).toBe(databaseFile);
  });

  it.each(["127.0.0.1", "127.9.9.9", "::1", "localhost"])("accepts HOST=%s", (HOST) => {
    expect(parseConfig({ HOST }).host).toBe(HOST);
  });

  it.each<[string, Record<string, string>]>([
    ["PORT", { PORT: "http" }],
    ["PORT", { PORT: "65536" }],
    ["PORT", { PORT: "-1" }],
    ["PORT", { PORT: "4000.5" }],
    ["PORT", { PORT: "0x10" }],
    ["HOST", { HOST: "0.0.0.0" }],
    ["HOST", { HOST: "::" }],
    ["HOST", { HOST: "192.168.1.5" }],
    ["HOST", { HOST: "example.com" }],
    ["HOST", { HOST: "127.0.0.1.example.com" }],
    ["PLATFORM", { PLATFORM: "vonage" }],
    ["PLATFORM", { OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: API_SECRET }],
    ["OPENTOK_API_KEY", { ...project, OPENTOK_API_KEY: "abc" }],
    ["OPENTOK_API_KEY", { ...project, OPENTOK_API_KEY: "" }],
    ["OPENTOK_API_KEY", { ...project, OPENTOK_API_KEY: "123456~7" }],
    ["OPENTOK_API_SECRET", { ...project, OPENTOK_API_SECRET: "" }],
    ["OPENTOK_API_SECRET", { ...project, OPENTOK_API_SECRET: "short" }],
    ["OPENTOK_API_SECRET", { ...project, OPENTOK_API_SECRET: ` ${API_SECRET}` }],
    ["DATABASE_URL", { DATABASE_URL: "mysql://localhost/x" }],
    ["DATABASE_URL", { DATABASE_URL: "file:" }],
    ["DATABASE_URL", { DATABASE_URL: "file://elsewhere/x" }],
    ["DATABASE_URL", { DATABASE_URL: "./data/x.db" }],
    ["LOG_LEVEL", { LOG_LEVEL: "loud" }],
  ])("names %s as what is wrong with %j, on one line", (name, environment) => {
    expect(problems(environment)).toEqual([expect.stringMatching(new RegExp(`^${name}: [^\n]+$`))]);
  });

  it("shows no part of the secret when it is swapped with the key", () => {
    const swapped = { PLATFORM: "local", OPENTOK_API_KEY: API_SECRET, OPENTOK_API_SECRET: API_KEY };
    expect(problems(swapped)).toHaveLength(2);
    expect(problems(swapped).join()).not.toContain(API_SECRET.slice(0, 8));
  });

  it("never shows a whole secret that stands in another variable", () => {
    for (const name of ["PORT", "HOST", "PLATFORM", "LOG_LEVEL", "DATABASE_URL"]) {
      const found = problems({ [name]: API_SECRET });
      expect(found).toHaveLength(1);
      expect(found.join()).not.toContain(API_SECRET);
    }
  });

  it("names every problem at once, and no secret", () => {
    const found = problems({ PORT: "x", LOG_LEVEL: "x", HOST: "x", OPENTOK_API_SECRET: "canary canary" });
    expect(found.map((line) => line.split(":")[0]).sort()).toEqual(
      ["HOST", "LOG_LEVEL", "OPENTOK_API_KEY", "OPENTOK_API_SECRET", "PORT"].sort(),
    );
    expect(found.join()).not.toContain("canary");
  });
});
