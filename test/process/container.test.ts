import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";

const WALK = fileURLToPath(new URL("../../deploy/walk-dockerfile.js", import.meta.url));

/** Goes through a Dockerfile, this repository's unless there is a folder. */
function walk(folder?: string): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [WALK, ...(folder ? [folder] : [])], (error, output, errors) =>
      resolve({ code: error ? Number(error.code) : 0, output, errors }),
    );
  });
}

/** A folder with these files, of which none is ignored, and a Dockerfile that ends as one has to. */
function context(lines: readonly string[], files: Record<string, string> = {}): string {
  const folder = temporaryFolder();
  const Dockerfile = ["FROM node:24-bookworm-slim", "WORKDIR /app", ...lines, ""].join("\n");
  for (const [path, text] of Object.entries({ ".dockerignore": "", ...files, Dockerfile })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const USER = "USER 65532:65532";
const HEALTH = 'HEALTHCHECK --timeout=3s CMD ["node", "-e", "process.exit(1)"]';
const VOLUME = ["RUN mkdir /data", "VOLUME /data"];

describe("the Dockerfile", () => {
  it("makes an image whose server starts with a first key, issues a token, and stops at SIGTERM", {
    timeout: 300_000,
  }, async () => {
    const { code, output, errors } = await walk();
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output.match(/^ok: .*$/gm)).toEqual([
      expect.stringMatching(/^ok: the image's user can write none of \/ \/app .*\/app\/node_modules$/),
      "ok: it can write /data",
      "ok: HEALTHCHECK fails while nothing is started",
      "ok: it says which commit it is of",
      "ok: without authentication it does not start",
      "ok: HEALTHCHECK succeeds once it is started",
      "ok: it answers nobody without a key",
      "ok: it creates a session with a token",
      "ok: it stops at SIGTERM with exit code 0",
      "ok: HEALTHCHECK then fails",
    ]);
  });

  it("says of the image what package.json does", () => {
    const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    const { name, description, license } = JSON.parse(read("package.json"));
    const labels = [...read("Dockerfile").matchAll(/org\.opencontainers\.image\.(\w+)="(.*)"/g)];
    expect(Object.fromEntries(labels.map(([, label, value]) => [label, value]))).toEqual({
      title: name,
      description,
      licenses: license,
    });
  });
});

it("the image's last stage takes nothing of this folder but what is public, and no stage a secret", () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const last =
    read("Dockerfile")
      .split(/^FROM /m)
      .at(-1) ?? "";
  const copied = [...last.matchAll(/^COPY (?!--from)(.*)$/gm)].map(([, paths]) => paths);
  expect(copied).toEqual(["package.json LICENSE ./"]);
  // It is copied where packages are installed; credentials belong into that of the home folder.
  expect(read(".npmrc")).not.toMatch(/auth|password|username|certfile|keyfile/i);
  const ignored = read(".dockerignore").split("\n");
  expect(ignored).toEqual(expect.arrayContaining(["*", "**/.env", "**/.env.*", "**/*.key", "**/*.pem"]));
});

describe("going through a Dockerfile", () => {
  it.each<[string, string[], Record<string, string>, RegExp]>([
    ["an instruction that it does not know", ["ADD a /a"], {}, /^Dockerfile, line 3: ADD is not known here/],
    [
      "a flag that it does not know",
      ["COPY --chmod=700 a ./"],
      { a: "" },
      /COPY has a flag that is not known/,
    ],
    ["a flag of RUN", ["RUN --network=none true"], {}, /RUN has a flag that is not known here/],
    ["a variable", [`ENV A=\${B}`], {}, /ENV has a variable/],
    ["a command in the shell form", ["CMD node server.js"], {}, /CMD must be in the exec form/],
    ["a command that fails", ["RUN echo said; exit 3"], {}, /RUN failed with 3:\nsaid\n/],
    [
      "a path outside its folder",
      ["RUN touch /etc/stagepass"],
      {},
      /has a path outside the folder: \/etc\/stagepass/,
    ],
    ["a file that is not there", ["COPY a ./"], {}, /COPY finds no a that \.dockerignore lets through/],
    [
      "a file that is ignored",
      ["COPY src src"],
      { ".dockerignore": "*\n!src\n**/*.key", "src/a.key": "" },
      /COPY finds no src that/,
    ],
    [
      "a stage that is not there",
      ["COPY --from=build /a ./"],
      {},
      /is from build, which is no stage before it/,
    ],
  ])("stops at %s", async (_what, lines, files, message) => {
    const { code, errors } = await walk(context([...lines, USER], files));
    expect(errors).toMatch(message);
    expect(code).toBe(1);
  });

  it("fails when the image's user can write what is not in a volume", async () => {
    const chown = ["COPY --chown=65532:65532 lib lib", ...VOLUME, USER, HEALTH];
    const { code, errors } = await walk(context(chown, { "lib/a.js": "" }));
    expect({ code, errors }).toEqual({ code: 1, errors: "its user can write /app/lib\n" });
  });

  it("fails when the image's user cannot write a volume", async () => {
    const { code, errors } = await walk(context([...VOLUME, USER, HEALTH]));
    expect({ code, errors }).toEqual({ code: 1, errors: "it does not hold that it can write /data\n" });
  });

  it("fails when HEALTHCHECK succeeds while nothing is started", async () => {
    const { code, errors } = await walk(context([USER, HEALTH.replace("exit(1)", "exit(0)")]));
    expect({ code, errors }).toEqual({
      code: 1,
      errors: "it does not hold that HEALTHCHECK fails while nothing is started\n",
    });
  });

  it("gives RUN the arguments of its stage, with their defaults, and no other stage's", async () => {
    const lines = ["ARG A=default", "ARG COMMIT", "RUN env | grep -E '^(A|COMMIT)=' | sort; exit 1"];
    const { errors } = await walk(context([...lines, USER]));
    expect(errors).toContain("failed with 1:\nA=default\nCOMMIT=0123456789ab\n");
    const next = ["ARG A=default", "FROM 0", "RUN echo $A; exit 1", USER];
    expect((await walk(context(next))).errors).toMatch(/failed with 1:\n\n+$/);
  });

  it("copies what .dockerignore lets through, and runs commands without privileges", async () => {
    const lines = ["COPY src ./", "RUN find . -type f | sort && id -u && ls /app && exit 1", USER];
    const files = {
      ".dockerignore": "*\n!src\nsrc/ignored\n**/*.pem",
      "src/a.js": "",
      "src/deep/b.js": "",
      "src/deep/b.pem": "",
      "src/ignored/c.js": "",
    };
    const uid = process.getuid?.() === 0 ? 65_532 : process.getuid?.();
    const { errors } = await walk(context(lines, files));
    expect(errors).toContain(`failed with 1:\n./a.js\n./deep/b.js\n${uid}\na.js\ndeep\n`);
  });
});
