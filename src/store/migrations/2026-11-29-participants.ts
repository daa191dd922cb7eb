import type { SchemaModule } from "kysely";
import type { Engine } from "../engine.ts";

/** The participants of sessions, their streams, and what ties a participant to the record of its token. */
export async function up(schema: SchemaModule, { position, text }: Engine): Promise<void> {
  await schema.alterTable("issued_tokens").addColumn("identity", "text").execute();
  await schema.alterTable("issued_tokens").addColumn("data_fingerprint", text).execute();
  // Partial, so that earlier records take no room in it.
  await schema
    .createIndex("issued_tokens_by_data")
    .on("issued_tokens")
    .columns(["session_id", "data_fingerprint", "expires_at"])
    .where("data_fingerprint", "is not", null)
    .execute();

  await schema
    .createTable("participants")
    .addColumn("position", ...position)
    .addColumn("id", text, (column) => column.notNull().unique())
    .addColumn("session_id", text, (column) => column.notNull())
    .addColumn("data", "text")
    .addColumn("token_id", "text")
    .addColumn("identity", "text")
    .addColumn("role", "text")
    .addColumn("joined_at", "bigint", (column) => column.notNull())
    .addColumn("left_at", "bigint")
    .addColumn("leave_reason", "text")
    .addColumn("change", "bigint", (column) => column.notNull())
    .execute();
  const inOrder = ["session_id", "joined_at", "position"];
  await schema.createIndex("participants_by_session").on("participants").columns(inOrder).execute();
  await schema
    .createIndex("participants_present")
    .on("participants")
    .columns(inOrder)
    .where("left_at", "is", null)
    .execute();
  await schema.createIndex("participants_by_change").on("participants").column("change").execute();
  await schema
    .createIndex("participants_left")
    .on("participants")
    .column("left_at")
    .where("left_at", "is not", null)
    .execute();

  await schema
    .createTable("participant_streams")
    .addColumn("participant_id", text, (column) => column.notNull())
    .addColumn("stream_id", text, (column) => column.notNull())
    .addColumn("name", "text")
    .addColumn("video_type", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("is_ended", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("participant_streams_key", ["participant_id", "stream_id"])
    .execute();

  // One row, with the latest change and the lease of reconciliation.
  await schema
    .createTable("participant_changes")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("latest", "bigint", (column) => column.notNull())
    .addColumn("lease_id", "text")
    .addColumn("leased_until", "bigint")
    .addColumn("reconciled_at", "bigint")
    .execute();
}
