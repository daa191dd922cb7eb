import { spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StartupError } from "../../src/errors.ts";
import { keptLocalProject } from "../../src/platform/local-project.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const SECRET = "0123456789abcdef0123456789abcdef01234567";

/** What is said of a file that cannot be used. */
function refusal(file: string): string {
  try {
    keptLocalProject(file);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("the file was accepted");
}

describe("the kept local project", () => {
  it("has a key and a secret as the platform's own, and stays the same", () => {
    const file = join(temporaryFolder(), "local-project.json");
    const project = keptLocalProject(file);
    expect(project.apiKey).toMatch(/^[1-9]\d{7}$/);
    expect(project.apiSecret).toMatch(/^[0-9a-f]{40}$/);
    expect(keptLocalProject(file)).toEqual(project);
  });

  it("is in a file that only its owner can read, and leaves no draft of it", () => {
    const folder = temporaryFolder();
    keptLocalProject(join(folder, "local-project.json"));
    expect(statSync(join(folder, "local-project.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["local-project.json"]);
  });

  it("is another for another server", () => {
    const folder = temporaryFolder();
    expect(keptLocalProject(join(folder, "a.json"))).not.toEqual(keptLocalProject(join(folder, "b.json")));
  });

  it("is one for all servers that start at once", async () => {
    const file = join(temporaryFolder(), "local-project.json");
    const script = `import("${new URL("../../dist/platform/local-project.js", import.meta.url)}")
      .then(({ keptLocalProject }) => process.stdout.write(keptLocalProject(${JSON.stringify(file)}).apiKey))`;
    const keys = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const child = spawn(process.execPath, ["--eval", script]);
        let output = "";
        for await (const chunk of child.stdout) output += chunk;
        return output;
      }),
    );
    expect(new Set(keys)).toEqual(new Set([keptLocalProject(file).apiKey]));
  });

  it.each([
    ["not JSON", `{"apiKey": "12345678", "apiSecret": "${SECRET}"`],
    ["null", "null"],
    ["without a secret", '{"apiKey": "12345678"}'],
    ["with a short key", JSON.stringify({ apiKey: "1234567", apiSecret: SECRET })],
    ["with a short secret", JSON.stringify({ apiKey: "12345678", apiSecret: SECRET.slice(1) })],
  ])("is refused when the file is %s, without showing what it holds", (_, content) => {
    const file = join(temporaryFolder(), "local-project.json");
    writeFileSync(file, content, { mode: 0o600 });
    expect(() => keptLocalProject(file)).toThrow(StartupError);
    expect(refusal(file)).toMatch(/^DATABASE_URL: /);
    expect(refusal(file)).not.toContain(SECRET.slice(1, 20));
  });

  it("is refused when others may read the file", () => {
    const file = join(temporaryFolder(), "local-project.json");
    keptLocalProject(file);
    chmodSync(file, 0o604);
    expect(refusal(file)).toBe(
      `DATABASE_URL: the local project beside the database, ${file}, cannot be used: other users can read it; run: chmod 600 ${file}`,
    );
    expect(statSync(file).mode & 0o777).toBe(0o604);
  });

  it.each([0o660, 0o640, 0o620, 0o670])("is taken from a group with the mode %o, which is said", (mode) => {
    const file = join(temporaryFolder(), "local-project.json");
    const project = keptLocalProject(file);
    chmodSync(file, mode);
    const warned: string[] = [];
    expect(keptLocalProject(file, (text) => warned.push(text))).toEqual(project);
    expect(warned).toEqual([`${file}: its group could read it, so its mode was set to 600`]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(keptLocalProject(file, (text) => warned.push(text))).toEqual(project);
    expect(warned).toHaveLength(1);
  });

  it.runIf(process.getuid?.() === 0)("is refused when the file is another user's", () => {
    const file = join(temporaryFolder(), "local-project.json");
    keptLocalProject(file);
    chownSync(file, 1234, 1234);
    expect(refusal(file)).toMatch(/it belongs to user 1234, not user 0; run: chown 0 \S+$/);
  });

  it("is kept beside the draft of a server that died while it wrote", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, `local-project.json.${process.pid}`), "");
    expect(keptLocalProject(join(folder, "local-project.json")).apiKey).toMatch(/^\d{8}$/);
  });

  it("is refused when it cannot be kept", () => {
    const file = join(temporaryFolder(), "missing", "local-project.json");
    expect(() => keptLocalProject(file)).toThrow(StartupError);
    expect(existsSync(file)).toBe(false);
  });
});
