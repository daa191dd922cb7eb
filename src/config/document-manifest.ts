/**
 * The documents of a manifest by their IDs. It accepts the form of GraphQL Code Generator's client preset,
 * `{ "<hash>": "<document>" }`, and that of Apollo's tools,
 * `{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [{ "id", "body", … }] }`.
 *
 * @throws {Error} with the broken rule
 */
export function parseManifest(json: string): ReadonlyMap<string, string> {
  const manifest = parseObject(json);
  const entries = manifest.format === APOLLO_FORMAT ? apolloEntries(manifest) : Object.entries(manifest);
  for (const [id, body] of entries) {
    if (typeof id !== "string" || id === "" || typeof body !== "string" || body === "") {
      throw new Error("must give each document an ID and a text that are not empty");
    }
  }
  if (entries.length === 0) throw new Error("has no documents");
  const documents = new Map(entries as [string, string][]);
  if (documents.size < entries.length) throw new Error("must give each document a different ID");
  return documents;
}

const APOLLO_FORMAT = "apollo-persisted-query-manifest";

function parseObject(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Error("is not JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new Error("must be a JSON object");
}

function apolloEntries({ version, operations }: Record<string, unknown>): [unknown, unknown][] {
  if (version !== 1 || !Array.isArray(operations)) {
    throw new Error(`must have version 1 and operations, because its format is ${APOLLO_FORMAT}`);
  }
  return operations.map((operation) => [operation?.id, operation?.body]);
}
