import { defineConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** The tests that judge the mutants: those of the mutated folders, without servers, processes and the slowest test. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    projects: undefined,
    include: ["test/{access,domain,signing}/**/*.test.ts"],
    exclude: ["test/signing/signing-service.inspect-official.test.ts"],
  },
});
