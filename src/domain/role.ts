import { enumName } from "./enum-name.ts";

/** The role of a participant in a session. The values are the names in tokens. */
export enum Role {
  SUBSCRIBER = "subscriber",
  PUBLISHER = "publisher",
  PUBLISHER_ONLY = "publisheronly",
  MODERATOR = "moderator",
}

/** The name of a role in the schema, such as `PUBLISHER_ONLY`. */
export function roleName(role: Role): string {
  return enumName(Role, role) ?? role;
}
