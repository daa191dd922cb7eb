import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);

/** In the repository, so that the peers of the kit are found. */
mkdirSync("reports", { recursive: true });
const folder = mkdtempSync(resolve("reports/client-"));
const unpacked = join(folder, "node_modules/@stagepass/client");
let files: string[];

beforeAll(async () => {
  const args = ["pack", "--workspace=@stagepass/client", "--ignore-scripts", "--json"];
  const { stdout } = await run("npm", [...args, "--pack-destination", folder]);
  const [tarball] = JSON.parse(stdout);
  files = tarball.files.map(({ path }: { path: string }) => path);
  mkdirSync(unpacked, { recursive: true });
  await run("tar", ["-xzf", join(folder, tarball.filename), "-C", unpacked, "--strip-components=1"]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENTRIES = ["apollo", "fetch", "graphcache", "local-ot", "react", "tanstack-query", "urql"];

it("has its modules and their types, and no dependency", () => {
  const { exports, dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
    readFileSync(join(unpacked, "package.json"), "utf8"),
  );
  expect(Object.keys(exports)).toEqual([".", ...ENTRIES.map((entry) => `./${entry}`)]);
  for (const path of Object.values<string>(exports)) {
    expect(files).toContain(path.slice(2));
    expect(files).toContain(path.slice(2).replace(/js$/, "d.ts"));
  }
  expect(dependencies).toBeUndefined();
  expect(Object.keys(peerDependenciesMeta)).toEqual(Object.keys(peerDependencies));
  const others = files.filter((path) => !path.startsWith("dist/")).sort();
  expect(others).toEqual(["LICENSE", "README.md", "package.json"]);
  expect(files.filter((path) => /test|operations|tsbuildinfo/.test(path))).toEqual([]);
});

/** An application, whose types fit only if those of the kit are right. */
const APPLICATION = `
import { type ErrorCode, explain, JoinSessionDocument, ParticipantsDocument, type Role } from "@stagepass/client";
import { typePolicies, useVideoToken } from "@stagepass/client/apollo";
import { sendWithFetch } from "@stagepass/client/fetch";
import { graphcache } from "@stagepass/client/graphcache";
import { localOT, type OpenTok } from "@stagepass/client/local-ot";
import { defaultOptions, useVideoToken as useWithTanStack } from "@stagepass/client/tanstack-query";
import { useVideoToken as useWithUrql } from "@stagepass/client/urql";
import { InMemoryCache } from "@apollo/client";
import { useQuery } from "@apollo/client/react";
import { QueryClient } from "@tanstack/react-query";
import { cacheExchange } from "@urql/exchange-graphcache";
import { useMutation } from "urql";

export const caches = [new InMemoryCache({ typePolicies }), cacheExchange(graphcache), new QueryClient({ defaultOptions })];
export const OT: OpenTok = localOT("/local/join");
const send = sendWithFetch("/graphql");
export function Room({ room, role }: { room: string; role: Role }) {
  const { data } = useQuery(ParticipantsDocument, { variables: { sessionId: "1_x" } });
  const identity: string | null | undefined = data?.session?.participants?.edges[0]?.node.identity;
  const [{ data: got }] = useMutation(JoinSessionDocument);
  const token: string | undefined = got?.generateToken?.token;
  const tokens = [useVideoToken({ room, role }), useWithUrql({ sessionId: "1_x" }), useWithTanStack(send, { room })];
  const code: ErrorCode | "OFFLINE" | "UNREACHABLE" | "NOT_STAGEPASS" | "UNKNOWN" = explain(tokens).code;
  return [identity, token, code, tokens[0]?.explanation?.message];
}
// @ts-expect-error a token is for a room or for a session
export const Nothing = () => useVideoToken({});
// @ts-expect-error the variable has another type
export const wrong = send(ParticipantsDocument, { sessionId: 5 });
`;

it.each([
  ["5.9", "packages/client/node_modules", "nodenext"],
  ["6", "node_modules", "bundler"],
])(
  "has types for TypeScript %s of %s with the resolution of %s",
  async (version, modules, resolution) => {
    const program = join(modules, "typescript/bin/tsc");
    expect((await run("node", [program, "--version"])).stdout).toContain(`Version ${version}.`);
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    writeFileSync(join(folder, "application.ts"), APPLICATION);
    // Without skipLibCheck the types of the libraries are checked too, which have faults of their own.
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: "es2023",
      lib: ["es2023", "dom", "dom.iterable"],
      types: [],
      module: resolution === "bundler" ? "esnext" : resolution,
      moduleResolution: resolution,
    };
    const config = join(folder, `${resolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ["application.ts"] }));
    const { stdout } = await run("node", [program, "-p", config]).catch((error) => error);
    expect(stdout).toBe("");
  },
  120_000,
);

/** The code that a bundler keeps of an import, and the modules it comes from. */
async function bundled(source: string) {
  const input = join(folder, "input.js");
  writeFileSync(input, source);
  const { output } = await build({
    input,
    write: false,
    external: [/^(?!\.|\/|@stagepass)/],
    output: { minify: true },
  });
  const [chunk] = output;
  return { code: chunk.code, imports: chunk.imports };
}

it("leaves out what an application does not import", async () => {
  const explained = await bundled('import { explain } from "@stagepass/client"; console.log(explain);');
  expect(explained.imports).toEqual([]);
  expect(explained.code).not.toContain("ensureSession");
  expect(explained.code).not.toContain("visibilitychange");
  expect(explained.code.length).toBeLessThan(6000);

  const urql = await bundled(
    'import { useVideoToken } from "@stagepass/client/urql"; console.log(useVideoToken);',
  );
  expect(urql.imports.sort()).toEqual(["@urql/core", "react", "urql"]);
  expect(urql.code).not.toContain("participantChanged");
  expect(urql.code.length).toBeLessThan(14_000);
});
