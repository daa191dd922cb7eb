import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

/** Each of these changes the schema, or compares what Apollo Server changes in it, and so has a process of its own. */
const ALONE = ["test/api/apollo-plugins.test.ts", "test/graphql/federation/subgraph.test.ts"];

export default defineConfig({
  define: { STAGEPASS_VERSION: JSON.stringify(version) },
  test: {
    // They wait more than they compute.
    maxWorkers: Math.max(3, availableParallelism()),
    globalSetup: "test/support/global-setup.ts",
    // Servers on real sockets take their time on a small machine.
    testTimeout: 30_000,
    // A busy machine can stall a deadline once; the long form has the machine to itself.
    retry: process.env.STAGEPASS_LONG ? 0 : 1,
    // Tests that run at once do little but wait.
    maxConcurrency: 12,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        // To load the modules again for each file takes as long as to run the tests.
        test: { name: "all", include: ["test/**/*.test.{ts,tsx}"], exclude: ALONE, isolate: false },
      },
      { extends: true, test: { name: "alone", include: ALONE } },
    ],
  },
  resolve: {
    // Two copies of graphql, one as ESM and one as CommonJS, do not know each other's types.
    alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }],
  },
});
