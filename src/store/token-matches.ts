import { type Kysely, sql } from "kysely";
import type { TokenMatch } from "../domain/participant-state.ts";
import type { Role } from "../domain/role.ts";
import type { Tables } from "./tables.ts";

/**
 * How long after its participant joined a token may seem to be issued, or before that to expire, in milliseconds. Clocks differ, and
 * without the right token, another person's may seem the only one.
 */
export const CLOCK_TOLERANCE = 60_000;
/** The most records that are read for one participant. With more, nothing is known. */
const MAX_READ = 1000;

/** A participant whose token is sought. */
export interface Sought {
  readonly sessionId: string;
  /** One or two: by the current credential, and by the previous one. */
  readonly fingerprints: readonly string[];
  /** In epoch milliseconds. */
  readonly joinedAt: number;
}

/**
 * What the tokens tell that fit each participant, in order; null if none fits, or too many. A token fits that has the session and the
 * connection data, and was valid when the participant joined. One query, which reads only such records.
 */
export async function tokenMatches(
  database: Kysely<Tables>,
  all: readonly Sought[],
): Promise<(TokenMatch | null)[]> {
  if (all.length === 0) return [];
  const wanted = all.map(({ sessionId, fingerprints: [first, second = first], joinedAt }, i) => {
    // PostgreSQL takes parameters here for texts, unless they are cast.
    return sql`(${sql.lit(i)}, cast(${sessionId} as text), cast(${first} as text), cast(${second} as text), cast(${joinedAt} as bigint))`;
  });
  const fits = sql`issued_at <= wanted.joined_at + ${sql.lit(CLOCK_TOLERANCE)}`;
  const line = sql.lit("\n");
  const { rows } = await sql<{ found: string | null }>`
    with wanted (place, session_id, first, second, joined_at) as (values ${sql.join(wanted)})
    select (
      select case when count(*) <= ${sql.lit(MAX_READ)} and count(id) > 0 then
        case when count(id) = 1 then max(id) else '' end || ${line} ||
        case when min(role) = max(role) then max(role) else '' end || ${line} ||
        case when count(identity) = count(id) and min(identity) = max(identity) then max(identity) else '' end
      end
      from (
        select case when ${fits} then id end as id, case when ${fits} then role end as role,
          case when ${fits} then identity end as identity
        from issued_tokens
        where session_id = wanted.session_id and data_fingerprint in (wanted.first, wanted.second)
          and expires_at > wanted.joined_at - ${sql.lit(CLOCK_TOLERANCE)}
        limit ${sql.lit(MAX_READ + 1)}
      ) as candidates
    ) as found
    from wanted order by place`.execute(database);
  return rows.map(({ found }) => {
    if (found === null) return null;
    // No value has a line break, and none is empty.
    const [tokenId, role, identity] = found.split("\n");
    return { tokenId: tokenId || null, role: (role || null) as Role | null, identity: identity || null };
  });
}
