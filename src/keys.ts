import { parseArgs } from "node:util";
import { newApiKey } from "./access/api-key.ts";
import type { Claims } from "./access/caller.ts";
import { parseScopes, SCOPES } from "./access/scope.ts";
import { MalformedGrant, readVideoGrant } from "./access/video-grant.ts";
import { runCommand, UsageError } from "./command.ts";
import { parseDatabaseAddress, readEnvironment } from "./config.ts";
import { openDatabase } from "./store/database.ts";
import { sqlStore } from "./store/sql-store.ts";
import type { ApiKeys } from "./store/store.ts";

const USAGE = `Usage: npm run keys -- create --name <name> --grant <grant>
       npm run keys -- list
       npm run keys -- revoke <name or ID>

A grant is JSON, as a JWT would claim it:
  '{"scope":"tokens:create","video_grant":{"roles":["PUBLISHER"],"names":["room-*"],"maxLifetime":3600}}'
Scopes: ${SCOPES.join(", ")}`;

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { name: { type: "string" }, grant: { type: "string" } },
    });
  } catch {
    throw new UsageError(USAGE);
  }
}

async function withKeys(act: (keys: ApiKeys) => Promise<string>): Promise<string> {
  const store = sqlStore(await openDatabase(parseDatabaseAddress(readEnvironment())));
  try {
    return await act(store.apiKeys);
  } finally {
    await store.close();
  }
}

async function create(keys: ApiKeys, name: string, claims: Record<string, unknown>): Promise<string> {
  const { key, id, digest } = newApiKey();
  const added = await keys.add({ id, name, digest, claims, createdAt: new Date(), revokedAt: null });
  if (!added)
    throw new UsageError(`--name: there is a key named ${name}; revoke it first, or choose another`);
  return `${key}\n\nThis is shown once. Keep it where secrets are kept.`;
}

async function list(keys: ApiKeys): Promise<string> {
  const all = await keys.list();
  if (all.length === 0) return "There are no keys.";
  return all
    .map(({ id, name, claims, createdAt, revokedAt }) => {
      const state = revokedAt ? `revoked ${revokedAt.toISOString()}` : "active";
      return [id, name, createdAt.toISOString(), state, JSON.stringify(claims)].join("\t");
    })
    .join("\n");
}

async function revoke(keys: ApiKeys, idOrName: string): Promise<string> {
  if (await keys.revoke(idOrName, new Date()))
    return "Revoked: within two seconds it stops working everywhere.";
  throw new UsageError(`${idOrName}: there is no such key, or it is revoked`);
}

/** No name may look like an ID, by which keys are revoked, too. */
function checkedName(name: string): string {
  if (/^[\w.@-]{1,100}$/.test(name) && !/^[0-9a-f]{8}$/.test(name)) return name;
  throw new UsageError(
    "--name: must be 1 to 100 letters, digits, or . _ @ -, and must not look like a key's ID",
  );
}

/** What a JWT with such claims would silently lose is refused here: somebody is there to mend it. */
function checkedClaims(grant: string): Record<string, unknown> {
  const { scope, video_grant, ...others } = parsedGrant(grant);
  if (Object.keys(others).length > 0)
    throw new UsageError("--grant: has scope and video_grant, and nothing else");
  if (typeof scope !== "string" || parseScopes(scope).size !== new Set(scope.split(" ")).size) {
    throw new UsageError(`--grant: scope must be some of ${SCOPES.join(", ")}, with spaces between them`);
  }
  try {
    readVideoGrant(video_grant);
  } catch (error) {
    if (error instanceof MalformedGrant) throw new UsageError(`--grant: ${error.message}`);
    throw error;
  }
  return { scope, ...(video_grant !== undefined && { video_grant }) };
}

function parsedGrant(grant: string): Claims & Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(grant);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Falls through to the rule.
  }
  throw new UsageError("--grant: must be a JSON object with scope and video_grant");
}

/** `npm run keys`: the API keys of callers. */
await runCommand(async (args) => {
  const { positionals, values } = parsed(args);
  const [command, subject, ...others] = positionals;
  if (others.length > 0) throw new UsageError(USAGE);
  if (command === "create" && subject === undefined) {
    const { name, grant } = values;
    if (name === undefined || grant === undefined) throw new UsageError(USAGE);
    return withKeys((keys) => create(keys, checkedName(name), checkedClaims(grant)));
  }
  if (command === "list" && subject === undefined) return withKeys(list);
  if (command === "revoke" && subject !== undefined) return withKeys((keys) => revoke(keys, subject));
  throw new UsageError(USAGE);
});
