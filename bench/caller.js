/** The caller who asks every server for tokens, and what a server of ours must be told to accept it. */
import jsonwebtoken from "jsonwebtoken";

const SECRET = "what-the-JWT-of-the-bench-s-caller-is-signed-with";

export const CALLER_ENV = {
  AUTH_JWT_SECRET: SECRET,
  TOKENS_PER_MINUTE: "999999999",
  SESSIONS_PER_MINUTE: "999999999",
};

const MINTING = { scope: "tokens:create", video_grant: { roles: ["MODERATOR"], sessions: ["*"] } };

/** The JWT of a caller of that name, who may make moderators' tokens when nothing else is claimed. */
export const callerJwt = (sub, claims = MINTING) =>
  jsonwebtoken.sign({ sub, ...claims }, SECRET, { expiresIn: "2h" });
