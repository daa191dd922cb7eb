import { enumName } from "./enum-name.ts";

/** What a client may do in a session. The values are the names that tokens carry. */
export enum Role {
  SUBSCRIBER = "subscriber",
  PUBLISHER = "publisher",
  PUBLISHER_ONLY = "publisheronly",
  MODERATOR = "moderator",
}

/** The name of a role in the contract, such as `PUBLISHER_ONLY`. */
export function roleName(role: Role): string {
  return enumName(Role, role) ?? role;
}
