import type { Command } from "commander";
import { issuedTokenAsInSchema } from "../as-in-schema.ts";
import { asOperator } from "../operator.ts";
import type { Outcome } from "../outcome.ts";
import { CREDENTIALS, explains, performs } from "../perform.ts";
import { withIdArgument } from "../refused-id.ts";

/** `stagepass tokens revoke`. */
export function defineTokensRevoke(tokens: Command): void {
  const command = tokens
    .command("revoke")
    .description("Revoke a token permanently. Running servers remove participants that use it.")
    .argument("<id>", "ID of the token, its jti or nonce");
  performs(command, (_, id) => revokeToken(id));
  explains(command, "stagepass tokens revoke 6f1c0f52-7f0f-4c3b-9a43-0f0a5f3f7c11", [
    "DATABASE_URL",
    ...CREDENTIALS,
  ]);
}

async function revokeToken(id: string): Promise<Outcome> {
  const revoked = await withIdArgument(
    asOperator(({ services: { bans }, caller }) => bans.revokeToken(caller, id), true),
  );
  return {
    text: "Revoked: running servers remove participants that join with this token.",
    json: issuedTokenAsInSchema(revoked),
  };
}
