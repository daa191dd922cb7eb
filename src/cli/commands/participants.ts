import type { Command } from "commander";
import { checkOwner } from "../../domain/session-id.ts";
import { participantAsInSchema } from "../as-in-schema.ts";
import { listed, type PageOptions, pages } from "../listing.ts";
import { asOperator } from "../operator.ts";
import type { Outcome } from "../outcome.ts";
import { CREDENTIALS, explains, performs } from "../perform.ts";
import { BAD_USER_INPUT, Refusal } from "../refusal.ts";
import { withIdArgument } from "../refused-id.ts";
import { end, text, valued } from "../values.ts";

/** `stagepass participants list` and `remove`. */
export function defineParticipants(program: Command): void {
  const participants = program
    .command("participants")
    .description("List and remove participants of sessions.");

  const list = participants
    .command("list")
    .description("List the participants of a session, latest first.")
    .addOption(valued("--session <id>", "ID of the session (required)", text).makeOptionMandatory())
    .option("--all", "also list participants that have left");
  performs<ListOptions>(pages(list), (options) => listParticipants(options));
  explains(list, 'stagepass participants list --session "$SESSION"', ["DATABASE_URL", ...CREDENTIALS]);

  const remove = participants
    .command("remove")
    .description("Disconnect a participant. Without --ban, it can join again with its token.")
    .argument("<id>", "ID of the participant, from the list")
    .option("--ban", "also keep it out of the session")
    .addOption(
      valued("--ban-until <time>", "end of the ban, or its duration, such as 1h (needs --ban)", end),
    );
  performs<RemoveOptions>(remove, (options, id) => removeParticipant(id, options));
  explains(
    remove,
    "stagepass participants remove p_2f6a1c0e-7d1b-4b0a-9f53-0d6c8f1f2a11 --ban --ban-until 1h",
    ["DATABASE_URL", ...CREDENTIALS, "PLATFORM_TIMEOUT_MS"],
  );
}

interface ListOptions extends PageOptions {
  readonly session: string;
  /** Whether the list has participants that have left. */
  readonly all?: true;
}

async function listParticipants({ session, all, first, after }: ListOptions): Promise<Outcome> {
  const page = await asOperator(async ({ services: { sessions, participants, project }, caller }) => {
    checkOwner(project.applicationId, session);
    const known = (await sessions.findMany(caller, [session])).filter((each) => each !== null);
    const [found] = await participants.pages(caller, known, { first, after }, !all);
    if (!found || found instanceof Error) throw found;
    return found;
  }, true);
  return listed(page, participantAsInSchema, [
    "joinedAt",
    "leftAt",
    "role",
    "identity",
    "data",
    "leaveReason",
    "id",
  ]);
}

interface RemoveOptions {
  readonly ban?: true;
  readonly banUntil?: Date;
}

async function removeParticipant(id: string, { ban, banUntil }: RemoveOptions): Promise<Outcome> {
  if (banUntil && !ban) throw new Refusal(BAD_USER_INPUT, "applies only to a ban; add --ban", "--ban-until");
  const request = ban ? { until: banUntil ?? null } : null;
  const removed = await withIdArgument(
    asOperator(({ services: { moderation }, caller }) => moderation.remove(caller, id, request), true),
  );
  return {
    text: ban ? "Removed and banned." : "Removed: it can join again with its token.",
    json: participantAsInSchema(removed),
  };
}
