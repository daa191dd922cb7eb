import { ownerOf } from "../domain/session-id.ts";
import { PlatformUnavailable } from "../errors.ts";
import type { CredentialNames } from "./credential-names.ts";
import { checkStatus, isXml, type Purpose, readJson, refusalOf } from "./rest-answer.ts";
import type { RestAnswer } from "./rest-client.ts";

const PURPOSE: Purpose = {
  act: "create a session",
  advice:
    "The project may lack a feature that these options need: check the options and the project's settings",
};

/**
 * The ID of the created session, which must belong to this project. The answer is JSON, or XML if a proxy strips the Accept header.
 *
 * @param now the time of the call
 * @throws {RateLimited} for status 429
 * @throws {PlatformRejected} for a refusal with a reason
 * @throws {PlatformUnavailable} otherwise
 */
export function sessionIdOf(
  answer: RestAnswer,
  applicationId: string,
  names: CredentialNames,
  now: Date,
): string {
  checkStatus(answer, PURPOSE, now);
  const sessionId = sessionIdIn(answer.body);
  if (answer.status !== 200 || sessionId === undefined) throw refusalOf(answer, PURPOSE, names, now);
  const owner = ownerOf(sessionId);
  if (owner === applicationId) return sessionId;
  const what = owner === null ? "a malformed session ID" : "a session of another project";
  throw new PlatformUnavailable(`The platform answered with ${what}; check ${names.url}`, false);
}

/** Reads one element without entities or attributes, so it needs no XML parser. */
function sessionIdIn(body: string): string | undefined {
  if (isXml(body)) return /<session_id>([^<]*)<\/session_id>/.exec(body)?.[1]?.trim();
  const sessions = readJson(body);
  const sessionId = Array.isArray(sessions) ? sessions[0]?.session_id : undefined;
  return typeof sessionId === "string" ? sessionId : undefined;
}
