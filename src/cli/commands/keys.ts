import type { Command } from "commander";
import { isApiKeyName, leakedKeyId, newApiKey } from "../../access/api-key.ts";
import { readClaims, whyNoToken } from "../../access/claims.ts";
import { isObject } from "../../access/json.ts";
import { readGrant } from "../../access/permissions.ts";
import { readScopes, SCOPES } from "../../access/scope.ts";
import type { Actor, Audit } from "../../audit/audit.ts";
import { parseDatabaseAddress, readEnvironment } from "../../config/config.ts";
import { abridge, quote } from "../../errors.ts";
import { sqlStore } from "../../store/sql-store.ts";
import type { ApiKeys, StoredApiKey } from "../../store/store.ts";
import { audited, operatorId } from "../audited.ts";
import { openForCommand } from "../open-for-command.ts";
import type { Outcome } from "../outcome.ts";
import { explains, performs } from "../perform.ts";
import { BAD_USER_INPUT, Refusal } from "../refusal.ts";
import { DASH, readArgument } from "../standard-streams.ts";
import { keyLifetime, text, valued } from "../values.ts";

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
  performs<Options>(create, (options) => createKey(options));
  explains(
    create,
    `stagepass keys create --name web --grant \\\n  '{"scope":"tokens:create","video_grant":{"roles":["PUBLISHER"],"names":["room-*"],"maxLifetime":3600}}'`,
    ENVIRONMENT,
  );

  const list = keys.command("list").description("List all keys, the revoked ones among them.");
  performs(list, () => listKeys());
  explains(list, "stagepass keys list", ENVIRONMENT);

  const revoke = keys
    .command("revoke")
    .description("Revoke a key, for ever.")
    .argument(
      "<key>",
      "its name, its ID, which is between the first _ and the second, or the key itself; - reads that from standard input",
    );
  performs(revoke, (_, key) => revokeKey(key));
  explains(revoke, "stagepass keys revoke web", ENVIRONMENT);
}

/** Changes keys, which the audit trail is told. */
function changeKeys<T>(
  act: (keys: ApiKeys, audit: Audit, actor: Actor) => Promise<T>,
  mayMake = false,
): Promise<T> {
  return audited((audit) => withKeys((keys) => act(keys, audit, { caller: operatorId() }), mayMake));
}

async function withKeys<T>(act: (keys: ApiKeys) => Promise<T>, mayMake = false): Promise<T> {
  const store = sqlStore(await openForCommand(parseDatabaseAddress(...readEnvironment()), !mayMake));
  try {
    return await act(store.apiKeys);
  } finally {
    await store.close();
  }
}

/** The API key to make. */
interface Options {
  readonly name: string;
  readonly grant: string;
  /** In seconds; absent for a key that does not expire. */
  readonly expiresIn?: number;
}

/** Makes an API key, which is shown this once. */
async function createKey(options: Options): Promise<Outcome> {
  const name = checkedName(options.name);
  const claims = checkedClaims(options.grant);
  const { key, id, digest } = newApiKey();
  const createdAt = new Date();
  const { expiresIn } = options;
  const expiresAt = expiresIn === undefined ? null : new Date(createdAt.getTime() + expiresIn * 1000);
  const apiKey = { id, name, digest, claims, createdAt, revokedAt: null, expiresAt };
  const added = await changeKeys(async (keys, audit, actor) => {
    if (!(await keys.add(apiKey))) return false;
    try {
      await audit.keyCreated(actor, apiKey);
    } catch (error) {
      // Nobody has it; and its name is free again.
      await keys.revoke(id, new Date());
      throw error;
    }
    return true;
    // The first key is made before the first start, in production.
  }, true);
  if (!added) {
    const message = `there is a key named ${name}; revoke it first, or choose another`;
    throw new Refusal("KEY_EXISTS", message, "--name");
  }
  return {
    text: `${key}\n\nThis is shown once. Keep it where secrets are kept.${expiresAt ? ` It expires at ${expiresAt.toISOString()}.` : ""}`,
    hint: whyNoToken(claims),
    json: { key, id, name, createdAt, expiresAt, grant: claims },
  };
}

/** Lists the API keys that there are or were, the oldest first, without what makes them work. */
async function listKeys(): Promise<Outcome> {
  const all = await withKeys((keys) => keys.list());
  const lines = all.map((key) => {
    const { id, name, claims, createdAt, lastUsedAt } = key;
    const used = lastUsedAt ? `used ${lastUsedAt.toISOString().slice(0, 13)}h` : "never used";
    const malformed = malformedIn(key);
    const grant = `${malformed ? `grants nothing, ${malformed}: ` : ""}${JSON.stringify(claims)}`;
    return [id, name, createdAt.toISOString(), stateOf(key), used, grant].join("\t");
  });
  const json = all.map((key) => {
    const { id, name, claims, createdAt, revokedAt, expiresAt, lastUsedAt } = key;
    const malformed = malformedIn(key);
    return { id, name, createdAt, revokedAt, expiresAt, lastUsedAt, grant: claims, malformed };
  });
  return { text: lines.join("\n") || "There are no keys.", json };
}

/** The rule that a key's grant breaks, or null: another version of this program, with other rules, may have made the key. */
function malformedIn({ claims }: StoredApiKey): string | null {
  return (
    readClaims(claims)
      .problems.map(({ says }) => says)
      .join("; ") || null
  );
}

function stateOf({ revokedAt, expiresAt, isExpired }: StoredApiKey): string {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`;
  if (expiresAt) return `${isExpired ? "expired" : "expires"} ${expiresAt.toISOString()}`;
  return "active";
}

/**
 * Revokes an API key, by its name or its ID, or by the key itself, of which the ID alone is looked at, and nothing else is told.
 *
 * @param given `-` for the one on standard input
 */
async function revokeKey(given: string): Promise<Outcome> {
  const said = given === DASH ? await readArgument("key") : given;
  const idOrName = leakedKeyId(said) ?? said;
  const revokedAt = new Date();
  // First of all, and also where the audit trail cannot be told.
  const revoked = await changeKeys(async (keys, audit, actor) => {
    const id = await keys.revoke(idOrName, revokedAt);
    if (id !== null) await audit.keyRevoked(actor, id);
    return id;
  });
  if (revoked !== null)
    return {
      text: "Revoked: within two seconds it stops working everywhere.",
      json: { idOrName, revokedAt },
    };
  // Somebody may have given a part of a secret.
  throw new Refusal("KEY_NOT_FOUND", "there is no such key, or it is revoked", abridge(idOrName));
}

/** Nor may a name be what stands for standard input. */
function checkedName(name: string): string {
  if (isApiKeyName(name) && name !== DASH) return name;
  const rule =
    "must be 1 to 100 letters, digits, or . _ @ -, and must not look like a key or its ID, nor be -";
  throw new Refusal(BAD_USER_INPUT, rule, "--name");
}

/** Refuses claims that a JWT would lose silently: here a person can correct them. */
function checkedClaims(grant: string): Record<string, unknown> {
  const { scope, video_grant, ...others } = parsedGrant(grant);
  const [other] = Object.keys(others);
  if (other !== undefined) throw badGrant(`may have scope and video_grant alone, and has ${quote(other)}`);
  const { scopes, problems } = readScopes([["scope", scope]]);
  const names = new Set([scope].flat().flatMap((text) => (typeof text === "string" ? text.split(" ") : [])));
  const [problem] = [...problems, ...readGrant(video_grant).problems];
  if (problem) throw badGrant(problem.says);
  if (scopes.size === 0 || scopes.size !== names.size) {
    throw badGrant(`scope must be some of ${SCOPES.join(", ")}, with spaces between them`);
  }
  return { scope, ...(video_grant !== undefined && { video_grant }) };
}

function parsedGrant(grant: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(grant);
    if (isObject(value)) return { ...value };
  } catch {
    // Falls through to the rule.
  }
  throw badGrant(
    'must be a JSON object with scope and video_grant, such as {"scope":"sessions:create"}, with straight quotes that the shell keeps',
  );
}

function badGrant(rule: string): Refusal {
  return new Refusal(BAD_USER_INPUT, rule, "--grant");
}
