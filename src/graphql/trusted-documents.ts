import { type GraphQLSchema, parse, stripIgnoredCharacters, validate } from "graphql";
import type { Logger } from "pino";
import { DocumentNotTrusted, type NotTrusted, quote } from "../errors.ts";

/** What a request says of the document to execute; the members of a body that are of interest here. */
export interface DocumentParameters {
  readonly query?: unknown;
  /** The ID of a trusted document (GraphQL over HTTP, appendix on persisted documents). */
  readonly documentId?: unknown;
  /** Apollo's clients send the ID as `persistedQuery.sha256Hash`, whatever hash it is. */
  readonly extensions?: unknown;
}

/**
 * Puts the document into a request that names a trusted one by its ID.
 *
 * @throws {DocumentNotTrusted} when only trusted ones are executed and this is none
 */
export type Admit = <T extends DocumentParameters>(parameters: T, requestId: string) => T;

/** Every document is executed, and none has an ID. */
export const admitAll: Admit = (parameters) => parameters;

/**
 * Knows the documents of a manifest by their IDs and by their texts, whatever white space and comments they have.
 *
 * @throws {SyntaxError} naming a document that is not GraphQL
 * @param enforce executes no others; otherwise they are logged, by nothing that a caller wrote
 */
export function trustedDocuments(
  manifest: ReadonlyMap<string, string>,
  enforce: boolean,
  logger: Logger,
): Admit {
  const texts = new Set<string>();
  for (const [id, text] of manifest) {
    const stripped = withoutIgnored(text);
    if (stripped === null) throw new SyntaxError(`the document ${quote(id)} is not GraphQL`);
    texts.add(stripped);
  }

  const refuse = (code: NotTrusted, requestId: string) => {
    if (enforce) throw new DocumentNotTrusted(code);
    logger.warn({ requestId, code }, "the document is not a trusted one");
  };

  return (parameters, requestId) => {
    const { query, documentId, extensions } = parameters;
    if (typeof query === "string" && query !== "") {
      if (!texts.has(withoutIgnored(query) ?? "")) refuse("QUERY_NOT_IN_SAFELIST", requestId);
      return parameters;
    }
    const id = documentId ?? persistedQueryId(extensions);
    const document = typeof id === "string" ? manifest.get(id) : undefined;
    if (document !== undefined) return { ...parameters, query: document, extensions: null };
    refuse("PERSISTED_QUERY_NOT_IN_LIST", requestId);
    return parameters;
  };
}

/** Warns of documents that the schema cannot answer: else only their callers would find out. */
export function warnOfUnanswerable(
  manifest: ReadonlyMap<string, string>,
  schema: GraphQLSchema,
  logger: Logger,
): void {
  const wrong = [...manifest].flatMap(([id, text]) => {
    const reason = whyUnanswerable(text, schema);
    return reason === undefined ? [] : { document: quote(id), reason };
  });
  if (wrong.length === 0) return;
  logger.warn(
    wrong[0],
    `TRUSTED_DOCUMENTS_MANIFEST: ${wrong.length} of ${manifest.size} documents ask for what the schema does not have, such as this one`,
  );
}

function whyUnanswerable(text: string, schema: GraphQLSchema): string | undefined {
  try {
    return validate(schema, parse(text), undefined, { maxErrors: 1 })[0]?.message;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A text in its shortest form, or null when it is not GraphQL. */
function withoutIgnored(text: string): string | null {
  try {
    return stripIgnoredCharacters(text);
  } catch {
    return null;
  }
}

function persistedQueryId(extensions: unknown): unknown {
  if (typeof extensions !== "object" || extensions === null || !("persistedQuery" in extensions))
    return undefined;
  const { persistedQuery } = extensions;
  if (typeof persistedQuery !== "object" || persistedQuery === null) return undefined;
  return "sha256Hash" in persistedQuery ? persistedQuery.sha256Hash : undefined;
}
