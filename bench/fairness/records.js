/** The records before an attack. */
import { sql } from "kysely";
import { openForMaintenance } from "../../dist/store/database.js";
import { parseDatabaseUrl } from "../../dist/store/database-address.js";
import { API_KEY } from "../project.js";

/** How many of the newest sessions have tokens. */
const WITH_TOKENS = 100;

const numbers = (count) =>
  sql`(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(count)}) select i from n)`;

/** Adds sessions named team-1, team-2 and so on, and tokens, one a second until now, to a migrated SQLite database. */
export async function fill(databaseUrl, sessions, tokens) {
  const { kysely } = await openForMaintenance(parseDatabaseUrl(databaseUrl));
  const now = sql.lit(Date.now());
  await sql`insert into sessions (session_id, application_id, name, media_mode, created_at)
    select '1_team' || i, ${sql.lit(API_KEY)}, 'team-' || i, 'relayed', ${now} from ${numbers(sessions)}`.execute(
    kysely,
  );
  await sql`insert into issued_tokens (id, session_id, role, format, issued_to, issued_at, expires_at)
    select 'id' || i, '1_team' || (${sql.lit(sessions)} - i % ${sql.lit(WITH_TOKENS)}), 'publisher', 'jwt', 'bench',
      ${now} - (${sql.lit(tokens)} - i) * 1000, ${now} from ${numbers(tokens)}`.execute(kysely);
  await sql`analyze`.execute(kysely);
  await kysely.destroy();
}
