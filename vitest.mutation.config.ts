import { defineConfig, mergeConfig } from "vitest/config";
import config from "./vitest.config.ts";

/** The tests that judge the mutants: those of what is mutated, without servers, processes and what takes longer than all the others. */
export default mergeConfig(
  { ...config, test: { ...config.test, include: [] } },
  defineConfig({
    test: {
      include: ["test/{access,domain,signing}/**/*.test.ts"],
      exclude: ["test/signing/inspect-official.test.ts"],
    },
  }),
);
