import { parseConfig } from "../../src/config/config.ts";
import { StartupError } from "../../src/errors.ts";

/** The problems of an environment, one per line; none if a server could start. */
export function problems(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof StartupError) return error.problems;
    throw error;
  }
  return [];
}
