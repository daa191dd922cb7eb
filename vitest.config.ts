import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** Tests that change the schema, or compare Apollo Server's changes to it. Each needs its own process. */
const ALONE = ["test/api/apollo-plugins.test.ts", "test/graphql/federation/subgraph.test.ts"];

/** The tests of the API once more, with every operation compiled. */
const COMPILED: TestProjectConfiguration = {
  extends: true,
  test: {
    name: "compiled",
    include: ["test/api/**/*.test.ts"],
    exclude: [...ALONE, "test/api/known-operations.test.ts"],
    isolate: false,
    setupFiles: "test/support/compiled.ts",
  },
};

export default defineConfig({
  define: { STAGEPASS_VERSION: JSON.stringify(version) },
  test: {
    // Tests wait more than they compute.
    maxWorkers: Math.max(3, availableParallelism()),
    globalSetup: "test/support/global-setup.ts",
    // Servers on real sockets are slow on a small machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A busy machine can miss a deadline once. The long form runs alone.
    retry: process.env.STAGEPASS_LONG ? 0 : 1,
    // Concurrent tests mostly wait.
    maxConcurrency: 12,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        // Reloading the modules for each file would take as long as the tests.
        test: { name: "all", include: ["test/**/*.test.{ts,tsx}"], exclude: ALONE, isolate: false },
      },
      { extends: true, test: { name: "alone", include: ALONE } },
      ...(process.env.STAGEPASS_LONG ? [COMPILED] : []),
    ],
  },
  resolve: {
    // An ESM and a CommonJS copy of graphql reject each other's types.
    alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }],
  },
});
