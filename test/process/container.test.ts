import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { imageEnvironment, textOf } from "../support/compose.ts";
import { LONG } from "../support/long.ts";

const dockerfile = textOf("Dockerfile");
const { name, description, license, engines } = JSON.parse(textOf("package.json"));
/** What the instructions of a kind say in the last stage, of which the image is. */
const said = (keyword: string) =>
  [...(dockerfile.split(/^FROM /m).at(-1) ?? "").matchAll(new RegExp(`^${keyword} (.*)$`, "gm"))].map(
    ([, text]) => text,
  );

it("the image is of a Node.js that the package is for", () => {
  const versions = [...dockerfile.matchAll(/^FROM node:(\d+)-/gm)].map(([, version]) => Number(version));
  expect(new Set(versions).size).toBe(1);
  expect(versions[0]).toBeGreaterThan(Number(/^>=(\d+)\./.exec(engines.node)?.[1]));
});

it("the image has a user who is not root, writes to a volume alone, and asks for its health", () => {
  expect(said("USER")).toEqual(["65532:65532"]);
  expect(said("COPY --from=dependencies --chown=65532:65532")).toEqual(["/data /data"]);
  expect(dockerfile.match(/--chown/g)).toHaveLength(1);
  expect(said("VOLUME")).toEqual(["/data"]);
  expect(imageEnvironment()).toEqual({
    NODE_ENV: "production",
    HOST: "0.0.0.0",
    PORT: "4000",
    DATABASE_URL: "file:/data/stagepass.db",
  });
  expect(said("EXPOSE")).toEqual(["4000"]);
  expect(said("HEALTHCHECK")).toEqual([expect.stringMatching(/^--interval=.* CMD \["node", .*\/livez/)]);
  // In the shell form, a signal would reach the shell.
  for (const keyword of ["ENTRYPOINT", "CMD"]) expect(JSON.parse(said(keyword)[0] ?? "")).not.toEqual([]);
});

it("the image says of itself what package.json does", () => {
  const labels = [...dockerfile.matchAll(/org\.opencontainers\.image\.(\w+)="(.*)"/g)];
  expect(Object.fromEntries(labels.map(([, label, value]) => [label, value]))).toEqual({
    title: name,
    description,
    licenses: license,
  });
});

it("the image takes nothing of this folder but what is public, and no stage takes a secret", () => {
  expect(said("COPY(?! --from)")).toEqual(["package.json LICENSE ./"]);
  // It is copied where packages are installed; credentials belong into that of the home folder.
  expect(textOf(".npmrc")).not.toMatch(/auth|password|username|certfile|keyfile/i);
  const ignored = textOf(".dockerignore").split("\n");
  expect(ignored).toEqual(expect.arrayContaining(["*", "**/.env", "**/.env.*", "**/*.key", "**/*.pem"]));
});

it.runIf(LONG)("its commands make a server that issues a token", { timeout: 600_000 }, () => {
  const output = execFileSync(process.execPath, ["deploy/run-dockerfile.js"], { encoding: "utf8" });
  expect(output).toMatch(/^ok: the server created a token and stopped\n$/m);
});
