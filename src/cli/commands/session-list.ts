import type { Command } from "commander";
import { sessionAsInSchema } from "../as-in-schema.ts";
import { listed, type PageOptions, pages } from "../listing.ts";
import { asOperator } from "../operator.ts";
import type { Outcome } from "../outcome.ts";
import { CREDENTIALS, explains, performs } from "../perform.ts";
import { text, time, valued } from "../values.ts";

/** `stagepass session list`. */
export function defineSessionList(session: Command): void {
  const command = session
    .command("list")
    .description(
      "List the sessions in the database, newest first; with --name-prefix, in the order of their names.",
    )
    .addOption(valued("--name-prefix <text>", "the name's prefix", text).conflicts("name"))
    .addOption(valued("--name <name>", "the name, including sessions that it mapped to before", text))
    .addOption(valued("--created-after <time>", "at or after this time, or this long ago, such as 1h", time))
    .addOption(valued("--created-before <time>", "before this time, or this long ago", time));
  performs<Options>(pages(command), (options) => listSessions(options));
  explains(command, "stagepass session list --name-prefix team- --created-after 7d", [
    "DATABASE_URL",
    ...CREDENTIALS,
  ]);
}

/** The filters of the list; a session must match all of them. */
interface Options extends PageOptions {
  readonly namePrefix?: string;
  readonly name?: string;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
}

/** Lists a page of sessions. */
async function listSessions({ first, after, ...filter }: Options): Promise<Outcome> {
  const page = await asOperator(
    ({ services: { sessions }, caller }) => sessions.list(caller, { first, after }, filter),
    true,
  );
  return listed(page, sessionAsInSchema, ["sessionId", "createdAt", "mediaMode", "archiveMode", "name"]);
}
