import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_DOCUMENT_LENGTH } from "../../src/http/admission.ts";
import { BODY_LIMIT } from "../../src/http/body-size.ts";
import { startServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const CREATE = JSON.stringify({ query: "mutation { createSession { id } }" });
const count = async () =>
  (await server.graphql("{ sessions(first: 100) { nodes { id } } }")).data.sessions.nodes.length;

async function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return { status: response.status, headers: response.headers, answer: await response.json() };
}

describe("what is refused before GraphQL, with nothing created", () => {
  const longDocument = JSON.stringify({
    query: "mutation { createSession { id } }".padEnd(MAX_DOCUMENT_LENGTH + 1),
  });
  const invalidUtf8 = Buffer.concat([
    Buffer.from(CREATE.slice(0, -1)),
    Buffer.from(',"x":"'),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ]);

  const mediaTypes: [string, string, string?][] = [
    ["another charset", "application/json; charset=iso-8859-1"],
    ["UTF-16", 'application/json; charset="utf-16le"'],
    ["text", "text/plain"],
    ["a form", "application/x-www-form-urlencoded", "query=mutation"],
    ["a multipart form", "multipart/form-data; boundary=x"],
    ["GraphQL as text", "application/graphql", "mutation { createSession { id } }"],
  ];
  it.each<[string, number, string, string | Buffer, Record<string, string>]>([
    ["a body over 512 KB", 413, "PAYLOAD_TOO_LARGE", CREATE.padEnd(BODY_LIMIT + 1), {}],
    ["a document over 65,536 characters", 413, "PAYLOAD_TOO_LARGE", longDocument, {}],
    ["a body that is not JSON", 400, "BAD_REQUEST", "{", {}],
    ["an empty body", 400, "BAD_REQUEST", "", {}],
    ["invalid UTF-8", 400, "BAD_REQUEST", invalidUtf8, {}],
    ["__proto__", 400, "BAD_REQUEST", `${CREATE.slice(0, -1)},"__proto__":{"admin":true}}`, {}],
    ...mediaTypes.map(
      ([name, type, body = CREATE]): [string, number, string, string, Record<string, string>] => [
        name,
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        body,
        { "content-type": type },
      ],
    ),
    ["a batch", 400, "BAD_REQUEST", `[${CREATE},${CREATE}]`, {}],
    ["null", 400, "BAD_REQUEST", "null", {}],
    ["a string", 400, "BAD_REQUEST", '"query"', {}],
    ["no query", 400, "BAD_REQUEST", '{"variables":{}}', {}],
  ])("%s: %i", async (_, status, code, body, headers) => {
    const before = await count();
    const result = await post(body as string, headers);
    expect(result.status).toBe(status);
    expect(result.answer.errors).toMatchObject([{ extensions: { code } }]);
    expect(result.answer.data).toBeUndefined();
    expect(await count()).toBe(before);
  });

  it("a body without a content type: 415", async () => {
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(server.url, { method: "POST" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on("error", reject);
      request.end(CREATE);
    });
    expect(status).toBe(415);
  });

  it("a mutation by GET: 405, also with the header that lets a GET through", async () => {
    const before = await count();
    const url = `${server.url}?query=${encodeURIComponent("mutation { createSession { id } }")}`;
    const response = await fetch(url, { headers: { "apollo-require-preflight": "1" } });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: "METHOD_NOT_ALLOWED", retryable: false } }],
    });
    expect(await count()).toBe(before);
  });

  it("a GET that a page of another site could send: 400", async () => {
    expect((await fetch(`${server.url}?query={sessions{nodes{id}}}`)).status).toBe(400);
  });

  it("another method: 404", async () => {
    const { status, headers } = await fetch(server.url, { method: "PUT", body: CREATE });
    expect([status, headers.get("allow")]).toEqual([405, "GET, POST"]);
  });
});

describe("what is accepted", () => {
  it.each([
    "application/json",
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
    "application/json; charset=utf8",
  ])("%s", async (type) => {
    const { status, answer } = await post(CREATE, { "content-type": type });
    expect(status).toBe(200);
    expect(answer.data.createSession.id).toMatch(/^1_/);
  });

  it("a body of 512 KB", async () => {
    const padding = BODY_LIMIT - CREATE.length - '"x":"",'.length;
    const body = `{"x":"${"x".repeat(padding)}",${CREATE.slice(1)}`;
    expect(Buffer.byteLength(body)).toBe(BODY_LIMIT);
    expect((await post(body)).status).toBe(200);
  });

  it("a query by GET", async () => {
    const response = await fetch(`${server.url}?query={sessions{nodes{id}}}`, {
      headers: { "apollo-require-preflight": "1" },
    });
    expect(response.status).toBe(200);
  });
});

describe("every answer", () => {
  it.each([
    ["of GraphQL", () => post(CREATE)],
    ["to a wrong query", () => post('{"query":"{ x }"}')],
    ["to a wrong body", () => post("{")],
    ["to a wrong path", () => fetch(new URL("/nowhere", server.url))],
    ["of a probe", () => fetch(new URL("/livez", server.url))],
  ])("%s has a request ID of its own, which the log has too, and is not to be stored", async (_, act) => {
    const ids = [];
    for (const { headers } of [await act(), await act()]) {
      expect(headers.get("cache-control")).toBe("no-store");
      ids.push(headers.get("x-request-id"));
    }
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[0]).not.toBe(ids[1]);
    await expect.poll(() => server.log().map((line) => line.requestId)).toEqual(expect.arrayContaining(ids));
  });
});

it("logs a request that its client breaks off", async () => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    "POST /graphql?secret=1 HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    () => socket.destroy(),
  );
  await expect
    .poll(() => server.log())
    .toContainEqual(expect.objectContaining({ msg: "request broken off", method: "POST", path: "/graphql" }));
});

describe("the Host header", () => {
  /** The status of an answer to a request that names the host. */
  const statusFor = (host: string) =>
    new Promise((resolve, reject) => {
      const headers = { host, "content-type": "application/json" };
      const request = httpRequest(server.url, { method: "POST", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on("error", reject);
      request.end(CREATE);
    });

  it.each(["localhost", "LOCALHOST:4000", "127.0.0.1:4000", "127.1.2.3", "[::1]", "[::1]:4000"])(
    "may be %s",
    async (host) => {
      expect(await statusFor(host)).toBe(200);
    },
  );

  // A page can point a name of its own at this machine.
  it.each([
    "attacker.example",
    "localhost.attacker.example:4000",
    "127.0.0.1.attacker.example",
    "192.168.1.5",
  ])("%j is refused: 421, with nothing created", async (host) => {
    const before = await count();
    expect(await statusFor(host)).toBe(421);
    expect(await count()).toBe(before);
  });
});

describe("what reaches no hook of the server's", () => {
  const HEAD = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

  /** What is answered on a connection on which all this is sent, until it ends. */
  const answerTo = (sent: string) =>
    new Promise<string>((resolve) => {
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname, () => socket.write(sent));
      let answer = "";
      socket.on("data", (chunk) => {
        answer += chunk;
      });
      socket.on("close", () => resolve(answer));
    });

  it.each([
    ["no HTTP", 400, "canary\r\n\r\n"],
    ["a header that is none", 400, `${HEAD}canary\r\n\r\n`],
    ["a body in chunks that are none", 400, `${HEAD}transfer-encoding: chunked\r\n\r\ncanary\r\n`],
    ["a URL that cannot be decoded", 400, "GET /canary%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"],
    ["no Host", 400, "GET /canary HTTP/1.1\r\n\r\n"],
    ["an Expect that nobody knows", 417, `${HEAD}connection: close\r\nexpect: canary\r\n\r\n`],
    ["headers over 16 KB", 431, `${HEAD}x-canary: ${"x".repeat(17_000)}\r\n\r\n`],
  ])(
    "is answered with nothing of what was sent, and the connection is closed: %s",
    async (_, status, sent) => {
      const answer = await answerTo(sent);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
      expect(answer).toMatch(/^connection: close\r$/im);
      expect(answer.match(/^HTTP/gm)).toHaveLength(1);
      expect(answer + JSON.stringify(server.log())).not.toMatch(/canary| at .*:\d+/);
    },
  );
});

it("logs the route of a request, and nothing else of its URL", async () => {
  await fetch(`${server.origin}/canary-path?canary-query`);
  await expect
    .poll(() => server.log())
    .toContainEqual(expect.objectContaining({ msg: "request", path: "(none)" }));
  expect(JSON.stringify(server.log())).not.toContain("canary");
});

it("logs what a request asked for and how it ended, in the words of the schema", async () => {
  await server.graphql("mutation Canary { canary: createSession(archiveMode: ALWAYS) { id } }");
  await server.graphql("query { videoCaller { id } }");
  const logged = () => server.log().filter(({ msg, path }) => msg === "request" && path === "/graphql");
  await expect
    .poll(() => logged().map(({ operation, code }) => [operation, code]))
    .toEqual(
      expect.arrayContaining([
        ["createSession", "BAD_USER_INPUT"],
        ["videoCaller", "OK"],
      ]),
    );
  expect(JSON.stringify(server.log())).not.toMatch(/canary/i);
});

describe("Apollo Sandbox", () => {
  const page = async (env: Record<string, string>) => {
    const other = await startServer(env);
    const response = await fetch(other.url, { headers: { accept: "text/html" } });
    const text = await response.text();
    await other.close();
    return text;
  };

  it("is the page of the endpoint in development", async () => {
    expect(await page({})).toMatch(/<!DOCTYPE html>(?=[\s\S]*sandbox)/i);
  });

  it("is not there in production", async () => {
    expect(await page({ NODE_ENV: "production" })).not.toContain("<");
  });
});
