import { parseConfig } from "../../src/config/config.ts";
import { StartupError } from "../../src/errors.ts";

/** What is wrong with an environment, a line each; none where a server could start with it. */
export function problems(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof StartupError) return error.problems;
    throw error;
  }
  return [];
}
