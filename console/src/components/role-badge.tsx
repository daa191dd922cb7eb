import type { Role } from "../generated/documents.ts";
import { ROLES } from "../labels.ts";

/** The label of a role, in the role's color. */
export function RoleBadge({ role }: { role: Role }) {
  return <span className={`role ${role.toLowerCase()}`}>{ROLES[role]}</span>;
}
