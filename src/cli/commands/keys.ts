import { type Command, Option } from "commander";
import { isApiKeyName, KEY_NAME_RULE, leakedKeyId } from "../../access/api-key.ts";
import { type Claims, readClaims, whyNoToken } from "../../access/claims.ts";
import { isObject } from "../../access/json.ts";
import { ApiKeyPreset, PRESET_CLAIMS } from "../../access/key-presets.ts";
import { readGrant } from "../../access/permissions.ts";
import { readScopes, SCOPES } from "../../access/scope.ts";
import type { Actor, Audit } from "../../audit/audit.ts";
import { parseDatabaseAddress, readEnvironment } from "../../config/config.ts";
import { abridge, quote } from "../../errors.ts";
import { addApiKey, revokeApiKey } from "../../services/api-keys.ts";
import { sqlStore } from "../../store/sql-store.ts";
import type { ApiKeys, StoredApiKey } from "../../store/store.ts";
import { audited, operatorId } from "../audited.ts";
import { openForCommand } from "../open-for-command.ts";
import type { Outcome } from "../outcome.ts";
import { explains, performs } from "../perform.ts";
import { BAD_USER_INPUT, Refusal } from "../refusal.ts";
import { DASH, readArgument } from "../standard-streams.ts";
import { keyLifetime, namesOf, oneOf, text, valued } from "../values.ts";

const ENVIRONMENT = ["DATABASE_URL"];

/** `stagepass keys create`, `list` and `revoke`. */
export function defineKeys(program: Command): void {
  const keys = program.command("keys").description("Manage the API keys of callers.");

  const create = keys
    .command("create")
    .description("Create and print an API key. It is shown only once; the database has its SHA-256.")
    .addOption(
      valued("--name <name>", "1 to 100 letters, digits, or . _ @ - (required)", text).makeOptionMandatory(),
    )
    .addOption(
      valued(
        "--grant <grant>",
        "what the key allows: JSON with the claims scope and video_grant of a JWT",
        text,
      ),
    )
    .addOption(
      valued("--preset <preset>", `a prepared grant instead: ${namesOf(ApiKeyPreset)}`, oneOf(ApiKeyPreset)),
    )
    .addOption(new Option("--admin", "the same as --preset everything"))
    .addOption(
      valued("--expires-in <duration>", "lifetime, such as 12h or 90d (default: unlimited)", keyLifetime),
    );
  performs<Options>(create, (options) => createKey(options));
  explains(
    create,
    `stagepass keys create --name web --grant \\\n  '{"scope":"tokens:create","video_grant":{"roles":["PUBLISHER"],"names":["room-*"],"maxLifetime":3600}}'`,
    ENVIRONMENT,
  );

  const list = keys.command("list").description("List all API keys, including expired and revoked ones.");
  performs(list, () => listKeys());
  explains(list, "stagepass keys list", ENVIRONMENT);

  const revoke = keys
    .command("revoke")
    .description("Revoke an API key permanently.")
    .argument(
      "<key>",
      "the key's name, its ID (between the first and the second _), or the key itself; - reads it from standard input",
    );
  performs(revoke, (_, key) => revokeKey(key));
  explains(revoke, "stagepass keys revoke web", ENVIRONMENT);
}

/** Changes keys, and records the change in the audit trail. */
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

/** The API key to create. */
interface Options {
  readonly name: string;
  readonly grant?: string;
  readonly preset?: ApiKeyPreset;
  readonly admin?: true;
  /** In seconds; absent for a key that does not expire. */
  readonly expiresIn?: number;
}

/** Creates an API key. This output is the only place that shows it. */
async function createKey({ expiresIn, ...options }: Options): Promise<Outcome> {
  const name = checkedName(options.name);
  const claims = claimsOf(options);
  const createdAt = new Date();
  const expiresAt = expiresIn === undefined ? null : new Date(createdAt.getTime() + expiresIn * 1000);
  const added = await changeKeys(
    (keys, audit, actor) => addApiKey(keys, audit, actor, { name, claims, createdAt, expiresAt }),
    // May create the database: in production, the first key is created before the first start.
    true,
  );
  if (!added) {
    const message = `a key named ${name} already exists; revoke it first, or choose another name`;
    throw new Refusal("KEY_EXISTS", message, "--name");
  }
  const { key, id } = added;
  return {
    text: `${key}\n\nThis key is shown only once. Store it with your secrets.${expiresAt ? ` It expires at ${expiresAt.toISOString()}.` : ""}`,
    hint: whyNoToken(claims),
    json: { key, id, name, createdAt, expiresAt, grant: claims },
  };
}

/** Lists all API keys, oldest first, without their secrets. */
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
  return { text: lines.join("\n") || "There are no API keys.", json };
}

/** The rule that a key's grant breaks, or null. Another version of Stagepass, with other rules, may have created the key. */
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
 * Revokes an API key by its name, its ID, or the key itself. Of the key, only the ID is used and printed.
 *
 * @param given `-` reads it from standard input
 */
async function revokeKey(given: string): Promise<Outcome> {
  const said = given === DASH ? await readArgument("key") : given;
  const idOrName = leakedKeyId(said) ?? said;
  const revokedAt = new Date();
  const revoked = await changeKeys((keys, audit, actor) =>
    revokeApiKey(keys, audit, actor, idOrName, revokedAt),
  );
  if (revoked !== null)
    return {
      text: "Revoked: the key stops working on every replica within two seconds.",
      json: { idOrName, revokedAt },
    };
  // Abridged, because the argument may be a part of a secret.
  throw new Refusal("KEY_NOT_FOUND", "no key has this name or ID, or it is revoked", abridge(idOrName));
}

function checkedName(name: string): string {
  if (isApiKeyName(name)) return name;
  throw new Refusal(BAD_USER_INPUT, KEY_NAME_RULE, "--name");
}

/** The claims of exactly one of `--grant`, `--preset` and `--admin`. */
function claimsOf({ grant, preset, admin }: Options): Claims {
  if ([grant, preset, admin].filter((given) => given !== undefined).length !== 1)
    throw new Refusal(BAD_USER_INPUT, "give exactly one of --grant, --preset and --admin", "--grant");
  if (grant !== undefined) return checkedClaims(grant);
  return PRESET_CLAIMS[preset ?? ApiKeyPreset.EVERYTHING];
}

/** Refuses claims that the server would ignore in a JWT, because the operator can correct them here. */
function checkedClaims(grant: string): Claims {
  const { scope, video_grant, ...others } = parsedGrant(grant);
  const [other] = Object.keys(others);
  if (other !== undefined) throw badGrant(`can have only scope and video_grant; remove ${quote(other)}`);
  const { scopes, problems } = readScopes([["scope", scope]]);
  const names = new Set([scope].flat().flatMap((text) => (typeof text === "string" ? text.split(" ") : [])));
  const [problem] = [...problems, ...readGrant(video_grant).problems];
  if (problem) throw badGrant(problem.says);
  if (scopes.size === 0 || scopes.size !== names.size) {
    throw badGrant(`scope must have one or more of ${SCOPES.join(", ")}, separated by spaces`);
  }
  return { scope, ...(video_grant !== undefined && { video_grant }) };
}

function parsedGrant(grant: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(grant);
    if (isObject(value)) return { ...value };
  } catch {
    // Falls through to the error.
  }
  throw badGrant(
    'must be a JSON object with scope and video_grant, such as {"scope":"sessions:create"}; quote it with straight single quotes',
  );
}

function badGrant(rule: string): Refusal {
  return new Refusal(BAD_USER_INPUT, rule, "--grant");
}
