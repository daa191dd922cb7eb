import { LRUCache } from "lru-cache";
import Negotiator from "negotiator";

const JSON_TYPE = "application/json; charset=utf-8";
const GRAPHQL_RESPONSE_TYPE = "application/graphql-response+json; charset=utf-8";

/** The media types of multipart answers, which Apollo Server also offers. */
const MULTIPART_TYPES = [
  "multipart/mixed",
  "multipart/mixed; deferSpec=20220824",
  "multipart/mixed; incrementalSpec=v0.2",
];

/** The two media types of GraphQL over HTTP. They differ in the status of an operation that is refused before it runs. */
type MediaType = typeof JSON_TYPE | typeof GRAPHQL_RESPONSE_TYPE;

/** The media types for an `Accept`; undefined if it allows neither. */
interface Choice {
  readonly type: MediaType | undefined;
  readonly failureType: MediaType;
}

/** The choices by `Accept`. Clients send few different values. */
const chosen = new LRUCache<string, Choice>({ max: 100 });

/** The media type of an answer, chosen as Apollo Server does; undefined if `Accept` allows neither. */
export function answerType(accept: string | undefined): MediaType | undefined {
  return accept === undefined ? JSON_TYPE : choiceFor(accept).type;
}

/**
 * The media type of an answer with a failure status. Clients must not rely on an `application/json` body then (GraphQL over
 * HTTP, 7), and Apollo Client 4 and Apollo Router do not. So the server prefers the other type if `Accept` names it. If
 * `Accept` allows neither, the server still answers, in `application/json`.
 */
export function failureType(accept: string | undefined): MediaType {
  return accept === undefined ? JSON_TYPE : choiceFor(accept).failureType;
}

function choiceFor(accept: string): Choice {
  const known = chosen.get(accept);
  if (known) return known;
  const negotiator = new Negotiator({ headers: { accept } });
  const type = negotiator.mediaType([JSON_TYPE, GRAPHQL_RESPONSE_TYPE]) as MediaType | undefined;
  const isNamed = /application\/graphql-response\+json/i.test(accept);
  const prefersNamed = isNamed && negotiator.mediaType([GRAPHQL_RESPONSE_TYPE]) !== undefined;
  const choice = { type, failureType: prefersNamed ? GRAPHQL_RESPONSE_TYPE : (type ?? JSON_TYPE) };
  chosen.set(accept, choice);
  return choice;
}

/** Whether a request prefers a page, as a browser's first visit does. Apollo Server decides the same way. */
export function prefersPage(method: string, accept: string | undefined): boolean {
  if (method !== "GET" || accept === undefined) return false;
  const types = [JSON_TYPE, GRAPHQL_RESPONSE_TYPE, ...MULTIPART_TYPES, "text/html"];
  return new Negotiator({ headers: { accept } }).mediaType(types) === "text/html";
}

/** Whether a refused operation has status 200: only in the older media type. */
export function isAlways200(accept: string | undefined): boolean {
  return answerType(accept) === JSON_TYPE;
}
