import type { Role } from "../generated/documents.ts";
import { ROLES } from "../labels.ts";

/** A role in words and in its colour. */
export function RoleBadge({ role }: { role: Role }) {
  return <span className={`role ${role.toLowerCase()}`}>{ROLES[role]}</span>;
}
