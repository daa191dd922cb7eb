import { Forbidden, SessionFull } from "../errors.ts";

/** Why a token may not be issued: a ban until a time (null for a ban without end), or a full session. */
export type Inadmissible = { readonly bannedUntil: Date | null } | { readonly maxParticipants: number };

/** The error for a token that may not be issued. */
export function inadmissibleError(why: Inadmissible): Forbidden | SessionFull {
  if ("maxParticipants" in why) return new SessionFull(why.maxParticipants);
  const { bannedUntil } = why;
  const end = bannedUntil === null ? "without end" : `until ${bannedUntil.toISOString()}`;
  return new Forbidden(`the person is banned ${end}`, { bannedUntil: bannedUntil?.toISOString() ?? null });
}
