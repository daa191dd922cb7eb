/** The request that every server is asked for a token with: it has all the arguments there are. */
import { callerJwt } from "./caller.js";
import { DATA } from "./project.js";

const query = `mutation GenerateToken(
  $sessionId: ID!
  $role: Role
  $data: String
  $expireTime: Int
  $initialLayoutClassList: [String!]
  $format: TokenFormat
) {
  generateToken(
    sessionId: $sessionId
    role: $role
    data: $data
    expireTime: $expireTime
    initialLayoutClassList: $initialLayoutClassList
    format: $format
  ) {
    token
    expiresAt
    role
  }
}`;

export function requestFor(sessionId, caller = "bench") {
  const expireTime = Math.floor(Date.now() / 1000) + 3600;
  const variables = {
    sessionId,
    role: "MODERATOR",
    data: DATA,
    expireTime,
    initialLayoutClassList: ["focus", "speaker"],
    format: "JWT",
  };
  return {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${callerJwt(caller)}` },
    body: JSON.stringify({ query, variables }),
  };
}

/** Throws unless the server answers the request with a token. */
export async function tryOut(url, request) {
  const { data, errors } = await (await fetch(url, request)).json();
  if (!data?.generateToken.token) throw new Error(`${url}: ${JSON.stringify(errors)}`);
}
