/** The OpenTok project and the Vonage application that every server signs for. */
export const API_KEY = "12345678";
export const API_SECRET = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
export const APPLICATION_ID = "29f760f8-7ce1-46c9-ade3-f2dedee4ed5f";

/** The ID of a relayed session of a project or an application. The name has at most 24 characters. */
export function sessionIdOf(owner, name) {
  const fields = `1~${owner}~~1795500000000~${name.padEnd(24, "x")}~P~~`;
  return `1_${Buffer.from(fields).toString("base64url")}`;
}

export const SESSION_ID = sessionIdOf(API_KEY, "Q9mcXG1QrN3TIYu8yppxgsAb");
export const VONAGE_SESSION_ID = sessionIdOf(APPLICATION_ID, "Q9mcXG1QrN3TIYu8yppxgsAb");
export const DATA = "username=bob";

/** Signs the JWTs of callers. */
export const CALLER_SECRET = "what-the-JWT-of-the-bench-s-caller-is-signed-with";
