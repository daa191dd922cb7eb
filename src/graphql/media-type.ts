import { LRUCache } from "lru-cache";
import Negotiator from "negotiator";

const JSON_TYPE = "application/json; charset=utf-8";
const GRAPHQL_RESPONSE_TYPE = "application/graphql-response+json; charset=utf-8";

/** Those of answers in parts, which Apollo Server also offers. */
const MULTIPART_TYPES = [
  "multipart/mixed",
  "multipart/mixed; deferSpec=20220824",
  "multipart/mixed; incrementalSpec=v0.2",
];

/** The two media types of GraphQL over HTTP. They differ in the status of what is refused before it runs. */
type MediaType = typeof JSON_TYPE | typeof GRAPHQL_RESPONSE_TYPE;

/** Those of answers to an `Accept`; undefined when neither will do. */
interface Choice {
  readonly type: MediaType | undefined;
  readonly failureType: MediaType;
}

/** By `Accept`, of which clients send few. */
const chosen = new LRUCache<string, Choice>({ max: 100 });

/** The one of an answer to a request with this `Accept`, chosen as Apollo Server does; undefined when neither will do. */
export function answerType(accept: string | undefined): MediaType | undefined {
  return accept === undefined ? JSON_TYPE : choiceFor(accept).type;
}

/**
 * The one of an answer with a status of failure. Clients may not rely on the body of `application/json` then (GraphQL over HTTP, 7),
 * and Apollo Client 4 and Apollo Router do not: the other one is chosen wherever `Accept` names it. Where neither will do, it is
 * `application/json`: a refusal is answered anyway.
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

/** Whether a request wants a page sooner than an answer, as a browser's first visit does; Apollo Server decides the same. */
export function prefersPage(method: string, accept: string | undefined): boolean {
  if (method !== "GET" || accept === undefined) return false;
  const types = [JSON_TYPE, GRAPHQL_RESPONSE_TYPE, ...MULTIPART_TYPES, "text/html"];
  return new Negotiator({ headers: { accept } }).mediaType(types) === "text/html";
}

/** Whether answers have status 200 also when the operation does not run: only those of the older media type. */
export function isAlways200(accept: string | undefined): boolean {
  return answerType(accept) === JSON_TYPE;
}
