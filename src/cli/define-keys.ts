import type { Command } from "commander";
import type { KeyOptions } from "./commands/keys.ts";
import { explains, performs } from "./perform.ts";
import { keyLifetime, text, valued } from "./values.ts";

const ENVIRONMENT = ["DATABASE_URL"];

/** `stagepass keys create`, `list` and `revoke`. */
export function defineKeys(program: Command): void {
  const keys = program.command("keys").description("Manage the API keys of callers.");

  const create = keys
    .command("create")
    .description("Make an API key, and print it. It is shown this once; the database has its SHA-256.")
    .addOption(valued("--name <name>", "1 to 100 letters, digits, or . _ @ -", text).makeOptionMandatory())
    .addOption(
      valued(
        "--grant <grant>",
        "what it may do, in JSON, as a JWT would claim it",
        text,
      ).makeOptionMandatory(),
    )
    .addOption(
      valued("--expires-in <duration>", "when it expires, such as 12h or 90d (default: never)", keyLifetime),
    );
  performs<KeyOptions>(create, async (options) => (await import("./commands/keys.ts")).createKey(options));
  explains(
    create,
    `stagepass keys create --name web --grant \\\n  '{"scope":"tokens:create","video_grant":{"roles":["PUBLISHER"],"names":["room-*"],"maxLifetime":3600}}'`,
    ENVIRONMENT,
  );

  const list = keys.command("list").description("List all keys, the revoked ones among them.");
  performs(list, async () => (await import("./commands/keys.ts")).listKeys());
  explains(list, "stagepass keys list", ENVIRONMENT);

  const revoke = keys
    .command("revoke")
    .description("Revoke a key, for ever.")
    .argument(
      "<key>",
      "its name, its ID, which is between the first _ and the second, or the key itself; - reads that from standard input",
    );
  performs(revoke, async (_, key) => (await import("./commands/keys.ts")).revokeKey(key));
  explains(revoke, "stagepass keys revoke web", ENVIRONMENT);
}
