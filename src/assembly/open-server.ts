import type { Config } from "../config/config.ts";
import { isLoopback } from "../process/loopback.ts";

/** Why a server must not start without authentication. Anyone who can reach it gets tokens, so it must serve only its own machine. */
export function problemsOfOpenServer({ host, production }: Config): string[] {
  const remedy = "set AUTH_JWT_SECRET or AUTH_JWKS_URI, or create an API key with stagepass keys create";
  const problems = [];
  if (!isLoopback(host)) {
    problems.push(`HOST: must be a loopback address such as 127.0.0.1 without authentication; ${remedy}`);
  }
  if (production) problems.push(`NODE_ENV: production requires authentication; ${remedy}`);
  return problems;
}
