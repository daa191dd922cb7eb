import { problemsOfOpenServer } from "../assembly/open-server.ts";
import type { Config } from "../config/config.ts";
import { StartupError } from "../errors.ts";
import type { StoredApiKey } from "../store/store.ts";
import { type Finding, findingsOf } from "./finding.ts";

const finding = (ok: boolean | null, says: string): Finding => ({ what: "callers", ok, says });

/** Whether callers can authenticate with a JWT or an API key, or need neither. @param keys null if they are unknown */
export function callerFindings(config: Config, keys: readonly StoredApiKey[] | null): Finding[] {
  const { jwtRules } = config;
  if (keys === null) return [finding(null, "API keys are unknown: they could not be read")];
  if (jwtRules === null && keys.length === 0) return openFindings(config);
  const revoked = keys.filter(({ revokedAt }) => revokedAt !== null).length;
  const expired = keys.filter(({ revokedAt, isExpired }) => revokedAt === null && isExpired).length;
  const active = keys.length - revoked - expired;
  const counts = `API keys: ${active} active, ${expired} expired, ${revoked} revoked`;

  if (jwtRules !== null) return [finding(true, `JWTs are accepted; ${counts}`)];
  if (active > 0) return [finding(true, `JWTs are not accepted; ${counts}`)];
  return [finding(false, `no caller can authenticate; ${counts}: run stagepass keys create`)];
}

/** Without authentication, any client that reaches the server gets tokens. */
function openFindings(config: Config): Finding[] {
  const problems = problemsOfOpenServer(config);
  if (problems.length > 0) return findingsOf(new StartupError(problems), "callers");
  return [
    finding(
      null,
      "no authentication: every process on this machine may do everything until the first API key is created",
    ),
  ];
}
