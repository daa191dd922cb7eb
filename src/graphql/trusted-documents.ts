import { type GraphQLSchema, parse, stripIgnoredCharacters, validate } from "graphql";
import type { Logger } from "pino";
import { DocumentNotTrusted, type NotTrusted, quote } from "../errors.ts";

/** The members of a request's body that select the document. */
export interface DocumentParameters {
  readonly query?: unknown;
  /** The ID of a trusted document (GraphQL over HTTP, appendix on persisted documents). */
  readonly documentId?: unknown;
  /** Apollo's clients send any ID as `persistedQuery.sha256Hash`. */
  readonly extensions?: unknown;
}

/**
 * Adds the document to a request that has the ID of a trusted document.
 *
 * @throws {DocumentNotTrusted} when the server executes only trusted documents and this is not one
 */
export type Admit = <T extends DocumentParameters>(parameters: T, requestId: string) => T;

/** Admits every document, and knows no ID. */
export const admitAll: Admit = (parameters) => parameters;

/**
 * Recognizes the documents of a manifest by ID and by text, ignoring white space and comments.
 *
 * @throws {SyntaxError} naming a document that is not GraphQL
 * @param enforce refuses other documents; otherwise logs them, without their text
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
    logger.warn({ requestId, code }, "the document is not trusted");
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

/** Warns about documents that do not fit the schema; otherwise only clients would notice. */
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
    `TRUSTED_DOCUMENTS_MANIFEST: ${wrong.length} of ${manifest.size} documents do not fit the schema, such as this one`,
  );
}

function whyUnanswerable(text: string, schema: GraphQLSchema): string | undefined {
  try {
    return validate(schema, parse(text), undefined, { maxErrors: 1 })[0]?.message;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The shortest form of a document; null if it is not GraphQL. */
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
