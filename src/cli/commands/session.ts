import type { Command } from "commander";
import { ArchiveMode, ArchiveResolution, MediaMode, type SessionOptionsInput } from "../../domain/session.ts";
import { sessionAsInSchema } from "../as-in-schema.ts";
import { asOperator } from "../operator.ts";
import type { Outcome } from "../outcome.ts";
import { CREDENTIALS, explains, performs } from "../perform.ts";
import { BAD_USER_INPUT, Refusal } from "../refusal.ts";
import { duration, namesOf, oneOf, text, valued, wholeNumber } from "../values.ts";
import { defineSessionList } from "./session-list.ts";

/** `stagepass session create` and `list`. */
export function defineSession(program: Command): void {
  const session = program.command("session").description("Create and list sessions.");
  defineSessionList(session);
  const command = session
    .command("create")
    .description("Create a session, or get one by name, and print only its ID.")
    .addOption(valued("--name <name>", "get the session of this name, or create it", text))
    .addOption(
      valued(
        "--max-age <duration>",
        "replace the session of this name if it is older than this, in seconds or a duration such as 12h",
        duration,
      ),
    )
    .addOption(valued("--media-mode <mode>", `${namesOf(MediaMode)} (default: relayed)`, oneOf(MediaMode)))
    .addOption(
      valued("--archive-mode <mode>", `${namesOf(ArchiveMode)} (default: manual)`, oneOf(ArchiveMode)),
    )
    .addOption(valued("--archive-name <name>", "name of automatic archives, up to 80 characters", text))
    .addOption(
      valued("--archive-resolution <resolution>", namesOf(ArchiveResolution), oneOf(ArchiveResolution)),
    )
    .addOption(valued("--location <address>", "IPv4 address near the participants", text))
    .option("--e2ee", "enable end-to-end encryption")
    .addOption(
      valued("--max-participants <number>", "most participants at a time (default: unlimited)", wholeNumber),
    );
  performs<Options>(command, (options) => createSession(options));
  explains(command, "stagepass session create --name standup --max-age 12h --media-mode routed", [
    "DATABASE_URL",
    ...CREDENTIALS,
    "PLATFORM_TIMEOUT_MS",
  ]);
}

/** The options of the session. Absent options have the defaults of the API. */
interface Options extends SessionOptionsInput {
  /** Gets the session of this name, or creates it. */
  readonly name?: string;
  /** Replaces a session of that name if it is older than this, in seconds. */
  readonly maxAge?: number;
}

/** Creates a session, or gets an existing one by name. */
async function createSession({ name, maxAge, ...options }: Options): Promise<Outcome> {
  if (maxAge !== undefined && name === undefined) {
    throw new Refusal(BAD_USER_INPUT, "applies only to a session with a name; add --name", "--max-age");
  }
  const session = await asOperator(({ services: { sessions }, caller }) =>
    name === undefined
      ? sessions.create(caller, options)
      : sessions.ensure(caller, name, maxAge ?? null, options),
  );
  return { text: session.sessionId, json: sessionAsInSchema(session) };
}
