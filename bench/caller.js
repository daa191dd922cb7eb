/** The caller that requests tokens from every server. */
import jsonwebtoken from "jsonwebtoken";
import { CALLER_SECRET, DATA } from "./project.js";

const MINTING = { scope: "tokens:create", video_grant: { roles: ["MODERATOR"], sessions: ["*"] } };

/** The JWT of a caller with this name. By default it may create moderators' tokens. */
export const callerJwt = (sub, claims = MINTING) =>
  jsonwebtoken.sign({ sub, ...claims }, CALLER_SECRET, { expiresIn: "2h" });

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

/** A POST of a GraphQL operation, as `fetch` takes it. */
export const postOf = (query, variables, caller = "bench") => ({
  method: "POST",
  headers: { "content-type": "application/json", authorization: `Bearer ${callerJwt(caller)}` },
  body: JSON.stringify({ query, variables }),
});

/** A request for a token, with all arguments. */
export function requestFor(sessionId, caller) {
  const variables = {
    sessionId,
    role: "MODERATOR",
    data: DATA,
    expireTime: Math.floor(Date.now() / 1000) + 3600,
    initialLayoutClassList: ["focus", "speaker"],
    format: "JWT",
  };
  return postOf(query, variables, caller);
}

/** Resolves to the token in the server's answer. Throws for any other answer. */
export async function tryOut(url, request) {
  const { data, errors } = await (await fetch(url, request)).json();
  if (!data?.generateToken.token) throw new Error(`${url}: ${JSON.stringify(errors)}`);
  return data.generateToken.token;
}
