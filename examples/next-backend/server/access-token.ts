import "server-only";
import { SignJWT } from "jose";
import { secretOf } from "./secret";
import type { User } from "./users";

/** The credential of a user at Stagepass, which allows this user's calls and nothing else. */
export function accessTokenOf({ id, rooms, isModerator }: User): Promise<string> {
  const scopes = ["sessions:create", "tokens:create"];
  if (isModerator) scopes.push("sessions:read", "participants:read", "participants:manage");
  return new SignJWT({
    scope: scopes.join(" "),
    video_grant: {
      roles: [isModerator ? "MODERATOR" : "PUBLISHER"],
      names: rooms,
      // Every token of the user has these, and a page cannot change them.
      identity: id,
      data: id,
      maxLifetime: 3600,
      // A moderator shows people out only of a room that it is in.
      manage: "as-moderator",
    },
  })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(id)
    .setIssuedAt()
    .setExpirationTime("5m")
    .sign(secretOf("AUTH_JWT_SECRET"));
}
