import { type SchemaModule, sql } from "kysely";
import type { Engine } from "../engine.ts";

/** Bans, revoked tokens, limits of participants, and the participants that must leave. */
export async function up(schema: SchemaModule, { position, text }: Engine): Promise<void> {
  await schema
    .createTable("bans")
    .addColumn("position", ...position)
    .addColumn("id", text, (column) => column.notNull().unique())
    .addColumn("identity", "text")
    .addColumn("data_fingerprint", text)
    .addColumn("session_id", text)
    .addColumn("until", "bigint")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("created_by", "text", (column) => column.notNull())
    .addColumn("lifted_at", "bigint")
    .execute();
  await schema.createIndex("bans_by_identity").on("bans").columns(["identity", "position"]).execute();
  await schema.createIndex("bans_by_session").on("bans").columns(["session_id", "position"]).execute();
  // Every insert into the ledger looks at these two, so they have only the bans that nobody lifted.
  await schema
    .createIndex("bans_in_force")
    .on("bans")
    .columns(["identity", "session_id"])
    .where(sql<boolean>`lifted_at is null`)
    .execute();
  await schema
    .createIndex("bans_in_force_by_data")
    .on("bans")
    .columns(["data_fingerprint", "session_id"])
    .where(sql<boolean>`lifted_at is null`)
    .execute();

  await schema
    .createTable("removals")
    .addColumn("participant_id", text, (column) => column.notNull().primaryKey())
    .addColumn("session_id", text, (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("ban_id", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("taken_until", "bigint")
    .execute();
  await schema.createIndex("removals_due").on("removals").column("due_at").execute();
  await schema
    .createIndex("removals_by_ban")
    .on("removals")
    .column("ban_id")
    .where("ban_id", "is not", null)
    .execute();

  await schema.alterTable("issued_tokens").addColumn("revoked_at", "bigint").execute();
  await schema
    .createIndex("issued_tokens_revoked")
    .on("issued_tokens")
    .columns(["session_id", "expires_at"])
    .where(sql<boolean>`revoked_at is not null`)
    .execute();

  await schema.alterTable("sessions").addColumn("max_participants", "integer").execute();
  await schema
    .createIndex("sessions_limited")
    .on("sessions")
    .column("session_id")
    .where(sql<boolean>`max_participants is not null`)
    .execute();

  await schema.alterTable("participants").addColumn("data_fingerprint", text).execute();
  await schema
    .createIndex("participants_by_token")
    .on("participants")
    .columns(["token_id", "joined_at", "position"])
    .where("token_id", "is not", null)
    .execute();
  await schema
    .createIndex("participants_present_by_identity")
    .on("participants")
    .column("identity")
    .where(sql<boolean>`left_at is null and identity is not null`)
    .execute();
  await schema
    .createIndex("participants_present_unmatched")
    .on("participants")
    .column("session_id")
    .where(sql<boolean>`left_at is null and token_id is null and identity is null`)
    .execute();
}
