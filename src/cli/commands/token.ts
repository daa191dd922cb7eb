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
    .description("Generate a token with which one client can connect to a session, and print it alone.")
    .addOption(valued("--session <id>", "the session to connect to", text).makeOptionMandatory())
    .addOption(valued("--role <role>", `${namesOf(Role)} (default: publisher)`, oneOf(Role)))
    .addOption(
      valued("--data <text>", "connection data, up to 1000 characters, for every client to read", text),
    )
    .addOption(
      valued("--expire-time <seconds>", "when it stops working, in seconds since the Unix epoch", instant),
    )
    .addOption(
      valued(
        "--expires-in <duration>",
        "or after which time, such as 90s, 15m, 2h or 7d (default: 24h)",
        duration,
      ).conflicts("expireTime"),
    )
    .addOption(valued("--format <format>", `${namesOf(TokenFormat)} (default: jwt)`, oneOf(TokenFormat)))
    .addOption(
      listed("--initial-layout-class-list <names...>", "layout classes of the streams that it publishes"),
    );
  performs<Options>(command, (options) => generateToken(options));
  explains(
    command,
    "SESSION=$(stagepass session create)\nTOKEN=$(stagepass token --session \"$SESSION\" --role moderator --data 'username=bob')",
    ["DATABASE_URL", ...CREDENTIALS, "LEDGER"],
  );
}

/** What the token is to grant; what is absent gets the default that it has in the API. */
interface Options extends TokenInput {
  readonly session: string;
}

/** Generates a token, which is on the ledger before anybody gets it. */
async function generateToken(options: Options): Promise<Outcome> {
  const { session, ...input } = options;
  const token = await asOperator(async ({ services, caller }) => {
    // Before there is a token, which no failure may take.
    const [known] = await services.sessions.findMany(caller, [session]);
    const generated = await services.tokens.generate(caller, session, input);
    if (known) noteOrigin(known.createdHere);
    return generated;
  });
  return { text: token.token, json: tokenAsInSchema(token) };
}
