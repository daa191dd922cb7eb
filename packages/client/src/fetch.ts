import { print } from "graphql";
import type { SendOperation } from "./token-source.ts";

/** An answer with errors, or one that is no GraphQL answer. `explain` understands it. */
export class FailedAnswer extends Error {
  readonly status: number;
  readonly headers: Headers;
  /** The errors of the answer, or its text if it has none. */
  readonly errors: unknown;

  constructor({ status, headers }: Response, errors: unknown) {
    super(`The answer has errors, and status ${status}`);
    this.name = "FailedAnswer";
    this.status = status;
    this.headers = headers;
    this.errors = errors;
  }
}

/**
 * Sends operations with `fetch`.
 *
 * @param url of GraphQL, such as `/graphql`
 * @param authorize resolves to the value of the header `authorization`, or to undefined for none
 */
export function sendWithFetch(
  url: string | URL,
  authorize: () => string | undefined | Promise<string | undefined> = () => undefined,
): SendOperation {
  return async (document, variables) => {
    const authorization = await authorize();
    const response = await fetch(url, {
      method: "POST",
      headers: {
        accept: "application/graphql-response+json, application/json;q=0.9",
        "content-type": "application/json",
        ...(authorization !== undefined && { authorization }),
      },
      body: JSON.stringify({ query: print(document), variables }),
    });
    const text = await response.text();
    const { data, errors } = parse(text);
    if (errors || data === undefined) throw new FailedAnswer(response, errors ?? []);
    return data as never;
  };
}

function parse(text: string): { data?: unknown; errors?: unknown } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
