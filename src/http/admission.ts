import type { FastifyRequest } from "fastify";
import { withoutComments as stripComments } from "../graphql/documents.ts";
import type { Admit, DocumentParameters } from "../graphql/trusted-documents.ts";

/** The body of a request with its document put in. What is not an object, Apollo Server refuses. */
export function admittedBody({ method, id }: FastifyRequest, body: unknown, admit: Admit): unknown {
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  return method === "POST" && isObject ? withoutComments(admit(body, id)) : body;
}

function withoutComments(body: DocumentParameters): DocumentParameters {
  const { query } = body;
  return typeof query === "string" && query.includes("#") ? { ...body, query: stripComments(query) } : body;
}

/** The query string of a request, with its question mark, likewise. One that asks for the page has no document. */
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

/** What is not JSON, Apollo Server refuses. */
function parsed(json: string | null): unknown {
  try {
    return JSON.parse(json ?? "null");
  } catch {
    return null;
  }
}
