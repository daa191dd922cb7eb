import type { Command } from "commander";
import { Role } from "../../domain/role.ts";
import { issuedTokenAsInSchema } from "../as-in-schema.ts";
import { listed, type PageOptions, pages } from "../listing.ts";
import { asOperator } from "../operator.ts";
import type { Outcome } from "../outcome.ts";
import { CREDENTIALS, explains, performs } from "../perform.ts";
import { namesOf, oneOf, text, time, valued } from "../values.ts";
import { defineTokensRevoke } from "./tokens-revoke.ts";

/** `stagepass tokens list` and `revoke`. */
export function defineTokens(program: Command): void {
  const tokens = program
    .command("tokens")
    .description("List the records of issued tokens, and revoke tokens.");
  const command = tokens
    .command("list")
    .description("List the records of issued tokens, newest first. They do not contain the tokens.")
    .addOption(valued("--id <id>", "ID of the token, its jti or nonce", text))
    .addOption(valued("--session <id>", "ID of the session", text))
    .addOption(valued("--issued-to <subject>", "subject of the caller that requested the token", text))
    .addOption(valued("--role <role>", namesOf(Role), oneOf(Role)))
    .addOption(valued("--issued-after <time>", "at or after this time, or this long ago, such as 1h", time))
    .addOption(valued("--issued-before <time>", "before this time, or this long ago", time));
  performs<Options>(pages(command), (options) => listTokens(options));
  explains(command, "stagepass tokens list --issued-after 1h --role moderator", [
    "DATABASE_URL",
    ...CREDENTIALS,
  ]);
  defineTokensRevoke(tokens);
}

/** The filters of the list; a record must match all of them. */
interface Options extends PageOptions {
  readonly id?: string;
  readonly session?: string;
  readonly issuedTo?: string;
  readonly role?: Role;
  readonly issuedAfter?: Date;
  readonly issuedBefore?: Date;
}

/** Lists a page of records. */
async function listTokens({ first, after, session, ...others }: Options): Promise<Outcome> {
  const page = await asOperator(
    ({ services: { issuedTokens }, caller }) =>
      issuedTokens.list(caller, { first, after }, { ...others, sessionId: session }),
    true,
  );
  return listed(page, issuedTokenAsInSchema, [
    "issuedAt",
    "role",
    "identity",
    "issuedTo",
    "expiresAt",
    "revokedAt",
    "id",
    "sessionId",
  ]);
}
