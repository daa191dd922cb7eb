import { serverAudits } from "graphql-http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { startServer, type TestServer } from "../support/server.ts";

/** The audits of what a server MAY do that this one does not, with the reason. */
const EXEMPT: Record<string, string> = {};

describe.each<[string, Record<string, string>]>([
  ["development", {}],
  ["production", { NODE_ENV: "production", AUTH_JWT_SECRET: JWT_SECRET }],
])("GraphQL over HTTP, as graphql-http audits it, in %s", (_, env) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(env);
  });
  afterAll(() => server.close());

  const credential = env.AUTH_JWT_SECRET && signedJwt(EVERYTHING);
  const fetchFn = (url: string, { headers, ...init }: RequestInit = {}) =>
    fetch(url, {
      ...init,
      headers: {
        ...Object.fromEntries(new Headers(headers)),
        // Without it, what a page of another site could send is refused: a GET among it.
        "apollo-require-preflight": "1",
        ...(credential && { authorization: `Bearer ${credential}` }),
      },
    });
  const audits = serverAudits({ url: () => server.url, fetchFn });

  it.each(audits.map(({ id, name, fn }) => [id, name, fn] as const))("%s: %s", async (id, name, fn) => {
    const result = await fn();
    if (Object.hasOwn(EXEMPT, id)) {
      expect(name).toMatch(/^MAY /);
      expect(result.status, "is exempted, and passes").not.toBe("ok");
    } else {
      expect(result).toEqual({ id, name, status: "ok" });
    }
  });

  it("has the audits that are exempted", () => {
    expect(audits.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(EXEMPT)));
  });
});
