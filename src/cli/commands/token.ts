import type { Command } from "commander";
import { TokenFormat, type TokenInput } from "../../domain/connection-token.ts";
import { Role } from "../../domain/role.ts";
import { tokenAsInSchema } from "../as-in-schema.ts";
import { noteOrigin } from "../created-here.ts";
import { asOperator } from "../operator.ts";
import type { Outcome } from "../outcome.ts";
import { CREDENTIALS, explains, performs } from "../perform.ts";
import { duration, instant, listed, namesOf, oneOf, text, valued } from "../values.ts";

/** `stagepass token`. */
export function defineToken(program: Command): void {
  const command = program
    .command("token")
    .description("Generate a token that lets a client connect to a session, and print only the token.")
    .addOption(valued("--session <id>", "ID of the session (required)", text).makeOptionMandatory())
    .addOption(valued("--role <role>", `${namesOf(Role)} (default: publisher)`, oneOf(Role)))
    .addOption(
      valued(
        "--data <text>",
        "connection data, up to 1000 characters; every client in the session can read it",
        text,
      ),
    )
    .addOption(
      valued(
        "--identity <text>",
        "user that the token is for, up to 128 characters; recorded, not in the token",
        text,
      ),
    )
    .addOption(valued("--expire-time <seconds>", "expiry, in seconds since the Unix epoch", instant))
    .addOption(
      valued(
        "--expires-in <duration>",
        "lifetime in seconds, or a duration such as 15m, 2h or 7d; at most 30d (default: 24h)",
        duration,
      ).conflicts("expireTime"),
    )
    .addOption(valued("--format <format>", `${namesOf(TokenFormat)} (default: jwt)`, oneOf(TokenFormat)))
    .addOption(listed("--initial-layout-class-list <names...>", "layout classes of the client's streams"));
  performs<Options>(command, (options) => generateToken(options));
  explains(
    command,
    "SESSION=$(stagepass session create)\nTOKEN=$(stagepass token --session \"$SESSION\" --role moderator --data 'username=bob')",
    ["DATABASE_URL", ...CREDENTIALS, "LEDGER"],
  );
}

/** The grants of the token. Absent options have the defaults of the API. */
interface Options extends TokenInput {
  readonly session: string;
}

/** Generates a token. The ledger has its record before the command prints it. */
async function generateToken(options: Options): Promise<Outcome> {
  const { session, ...input } = options;
  const token = await asOperator(async ({ services, caller }) => {
    // Before the token is generated, so that a failed lookup loses no token.
    const [known] = await services.sessions.findMany(caller, [session]);
    const generated = await services.tokens.generate(caller, session, input);
    if (known) noteOrigin(known.createdHere);
    return generated;
  });
  return { text: token.token, json: tokenAsInSchema(token) };
}
