import type { FastifyRequest } from "fastify";
import { isObject } from "../access/json.ts";
import { withoutComments as stripComments } from "../graphql/documents.ts";
import type { Admit, DocumentParameters } from "../graphql/trusted-documents.ts";
import { httpError } from "./errors.ts";

/** The longest document, in characters. Stripping its comments takes a millisecond. */
export const MAX_DOCUMENT_LENGTH = 64 * 1024;

/** The body of a request, with the text of its trusted document. Apollo Server refuses a body that is not an object. */
export function admittedBody({ method, id }: FastifyRequest, body: unknown, admit: Admit): unknown {
  return method === "POST" && isObject(body) ? withoutComments(shortEnough(body), id, admit) : body;
}

function shortEnough(body: DocumentParameters): DocumentParameters {
  if (typeof body.query !== "string" || body.query.length <= MAX_DOCUMENT_LENGTH) return body;
  throw httpError(413, "The document is longer than 65,536 characters; send long values in variables");
}

/** Strips comments, except from a document that is registered by its hash, which covers the comments. */
function withoutComments(body: DocumentParameters, id: string, admit: Admit): DocumentParameters {
  const admitted = admit(body, id);
  const { query, extensions } = admitted;
  const mayStrip = typeof query === "string" && query.includes("#") && (extensions ?? null) === null;
  return mayStrip ? { ...admitted, query: stripComments(query) } : admitted;
}

/** The query string of a request, with its `?` and the text of its trusted document. A request for the page has none. */
export function admittedSearch({ method, url, id, caller }: FastifyRequest, admit: Admit): string {
  const start = url.indexOf("?");
  const search = start === -1 ? "" : url.slice(start);
  if (method !== "GET" || caller === null) return search;
  const parameters = new URLSearchParams(search);
  const { query } = admit(
    {
      query: parameters.get("query"),
      documentId: parameters.get("documentId"),
      extensions: parsed(parameters.get("extensions")),
    },
    id,
  );
  if (query === parameters.get("query") || typeof query !== "string") return search;
  parameters.set("query", query);
  parameters.delete("extensions");
  return `?${parameters}`;
}

/** Parses JSON. Other text gives null, and Apollo Server refuses the request. */
function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? "null");
  } catch {
    return null;
  }
}
