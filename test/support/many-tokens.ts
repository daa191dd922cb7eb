import jwt from "jsonwebtoken";
import { API_SECRET } from "./credentials.ts";
import { serverForTest, type TestServer } from "./server.ts";

/** Late in its second, so that rounding up would show. */
export const now = new Date(1_795_500_000_999);
export const nowSeconds = 1_795_500_000;
export const DAY = 86_400;

export const GENERATE_MANY = `mutation($sessionId: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $sessionId, requests: $requests) {
    __typename
    ... on ConnectionToken { token sessionId applicationId role data initialLayoutClassList format createdAt
      expiresAt expireTime }
    ... on TokenRefusal { code message argument } } }`;
const ISSUED = `query($id: ID!, $after: String) { session(sessionId: $id) {
  issuedTokens(first: 100, after: $after) { nodes { id issuedAt } pageInfo { hasNextPage endCursor } } } }`;

/** A token's claims, after its signature is verified. */
export const claims = (token: string) =>
  jwt.verify(token, API_SECRET, { algorithms: ["HS256"], clockTimestamp: nowSeconds }) as jwt.JwtPayload;

/** A server with a fixed clock. */
export const start = (env: Record<string, string> = {}, at = () => now) => serverForTest(env, at);

/** The records of a session, the oldest first. */
export async function recordsOf(of: TestServer, id: string, credential?: string) {
  const records: { id: string; issuedAt: string }[] = [];
  let after: string | null = null;
  do {
    const { data } = await of.graphql(ISSUED, { id, after }, credential);
    const { nodes, pageInfo } = data.session.issuedTokens;
    records.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after);
  return records.reverse();
}
