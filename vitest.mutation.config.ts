import { defineConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** The tests that judge the mutants: those of what is mutated, without servers, processes and what takes longer than all the others. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    projects: undefined,
    include: ["test/{access,domain,signing}/**/*.test.ts"],
    exclude: ["test/signing/signing-service.inspect-official.test.ts"],
  },
});
