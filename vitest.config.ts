import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    globalSetup: "test/support/global-setup.ts",
    // Servers on real sockets and ten thousand generated inputs take their time on a small machine.
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
  resolve: {
    // Two copies of graphql, one as ESM and one as CommonJS, do not know each other's types.
    alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }],
  },
});
