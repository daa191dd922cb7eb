import type { Command } from "commander";
import { banAsInSchema } from "../as-in-schema.ts";
import { listed, type PageOptions, pages } from "../listing.ts";
import { asOperator } from "../operator.ts";
import type { Outcome } from "../outcome.ts";
import { CREDENTIALS, explains, performs } from "../perform.ts";
import { withIdArgument } from "../refused-id.ts";
import { end, text, valued } from "../values.ts";

const ENVIRONMENT = ["DATABASE_URL", ...CREDENTIALS];

/** `stagepass bans add`, `list` and `lift`. */
export function defineBans(program: Command): void {
  const bans = program.command("bans").description("Keep identities out of sessions.");

  const add = bans
    .command("add")
    .description(
      "Ban an identity, and print only the ID of the ban. Running servers remove its participants.",
    )
    .addOption(valued("--identity <identity>", "identity to keep out (required)", text).makeOptionMandatory())
    .addOption(valued("--session <id>", "ID of the session (default: all sessions)", text))
    .addOption(valued("--until <time>", "end of the ban, or its duration, such as 1h (default: never)", end));
  performs<AddOptions>(add, (options) => addBan(options));
  explains(add, "stagepass bans add --identity user-42 --until 7d", ENVIRONMENT);

  const list = bans
    .command("list")
    .description("List the bans, newest first.")
    .addOption(valued("--identity <identity>", "identity that the ban keeps out", text))
    .addOption(valued("--session <id>", "ID of the ban's session; bans of all sessions do not match", text))
    .option("--all", "also list bans that were lifted or have ended");
  performs<ListOptions>(pages(list), (options) => listBans(options));
  explains(list, "stagepass bans list --identity user-42", ENVIRONMENT);

  const lift = bans
    .command("lift")
    .description("Lift a ban. Issued tokens that are not revoked work again.")
    .argument("<id>", "ID of the ban, from the list");
  performs(lift, (_, id) => liftBan(id));
  explains(lift, "stagepass bans lift b_0c9d4c1e-5a2b-4d0f-8f53-6d6c8f1f2a11", ENVIRONMENT);
}

interface AddOptions {
  readonly identity: string;
  readonly session?: string;
  readonly until?: Date;
}

async function addBan({ identity, session, until }: AddOptions): Promise<Outcome> {
  const ban = { identity, sessionId: session ?? null, until: until ?? null };
  const added = await asOperator(({ services: { bans }, caller }) => bans.ban(caller, ban));
  return { text: added.id, json: banAsInSchema(added) };
}

interface ListOptions extends PageOptions {
  readonly identity?: string;
  readonly session?: string;
  /** Whether the list has bans that no longer keep anybody out. */
  readonly all?: true;
}

async function listBans({ identity, session, all, first, after }: ListOptions): Promise<Outcome> {
  const filter = { identity, sessionId: session, active: all ? null : true };
  const page = await asOperator(
    ({ services: { bans }, caller }) => bans.list(caller, { first, after }, filter),
    true,
  );
  return listed(page, banAsInSchema, [
    "createdAt",
    "identity",
    "until",
    "liftedAt",
    "createdBy",
    "id",
    "sessionId",
  ]);
}

async function liftBan(id: string): Promise<Outcome> {
  const lifted = await withIdArgument(
    asOperator(({ services: { bans }, caller }) => bans.lift(caller, id), true),
  );
  return { text: "Lifted.", json: banAsInSchema(lifted) };
}
