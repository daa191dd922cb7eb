import { problemsOfOpenServer } from "../assembly/open-server.ts";
import type { Config } from "../config/config.ts";
import { StartupError } from "../errors.ts";
import type { StoredApiKey } from "../store/store.ts";
import { type Finding, findingsOf } from "./finding.ts";

const finding = (ok: boolean | null, says: string): Finding => ({ what: "callers", ok, says });

/** Whether anybody could call: with a JWT, with an API key, or without either. @param keys null where they are not known */
export function callerFindings(config: Config, keys: readonly StoredApiKey[] | null): Finding[] {
  const { jwtRules } = config;
  if (keys === null) return [finding(null, "API keys are not known, as the database could not be looked at")];
  if (jwtRules === null && keys.length === 0) return openFindings(config);
  const revoked = keys.filter(({ revokedAt }) => revokedAt !== null).length;
  const expired = keys.filter(({ revokedAt, isExpired }) => revokedAt === null && isExpired).length;
  const active = keys.length - revoked - expired;
  const counts = `API keys: ${active} active, ${expired} expired, ${revoked} revoked`;
  if (jwtRules !== null) return [finding(true, `JWTs are accepted; ${counts}`)];
  if (active > 0) return [finding(true, `JWTs are not accepted; ${counts}`)];
  return [finding(false, `nobody can call; ${counts}: make one with stagepass keys create`)];
}

/** Without authentication, whoever reaches the server gets tokens. */
function openFindings(config: Config): Finding[] {
  const problems = problemsOfOpenServer(config);
  if (problems.length > 0) return findingsOf(new StartupError(problems), "callers");
  return [
    finding(
      null,
      "no authentication: every process of this machine may do everything, until the first API key",
    ),
  ];
}
