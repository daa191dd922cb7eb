import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { Report } from "@apollo/usage-reporting-protobuf";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { API_SECRET } from "../support/credentials.ts";
import { startServer } from "../support/server.ts";

const KEY = "service:stagepass:canary-key-of-the-graph";

/** What takes reports in Apollo Studio's place, on a real socket, and answers as it is told to. */
async function startIngress(
  answer: (response: ServerResponse) => void = (response) => {
    response.writeHead(200).end();
  },
) {
  const received: { path: string | undefined; key: unknown; bytes: Buffer }[] = [];
  const ingress = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({
      path: request.url,
      key: request.headers["x-api-key"],
      bytes: gunzipSync(Buffer.concat(chunks)),
    });
    answer(response);
  });
  await new Promise<void>((listening) => ingress.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    ingress.closeAllConnections();
    ingress.close();
  });
  return { url: `http://127.0.0.1:${(ingress.address() as AddressInfo).port}`, received };
}

const start = (ingress: string, env: Record<string, string> = {}) =>
  startServer({
    APOLLO_KEY: KEY,
    APOLLO_GRAPH_REF: "stagepass@current",
    APOLLO_USAGE_REPORTING_INGRESS_URL: ingress,
    ...env,
  });

const GENERATE =
  "mutation Join($id: ID!, $data: String) { generateToken(sessionId: $id, data: $data) { token role } }";

describe("a report", () => {
  it("has the operations, with the graph and its key, and is sent when the server stops", async () => {
    const ingress = await startIngress();
    const server = await start(ingress.url);
    const id = await server.createSession();
    await server.graphql(GENERATE, { id });
    await server.graphql(GENERATE, { id: "1_nobodys" });
    await server.close();
    expect(ingress.received).toHaveLength(1);
    const [{ path, key, bytes }] = ingress.received as [(typeof ingress.received)[number]];
    expect([path, key]).toEqual(["/api/ingress/traces", KEY]);
    const report = Report.decode(bytes);
    expect(report.header?.graphRef).toBe("stagepass@current");
    const joined = Object.entries(report.tracesPerQuery).find(([signature]) =>
      signature.startsWith("# Join\n"),
    );
    // The signature under which Apollo Studio lists it.
    expect(joined?.[0]).toBe(
      "# Join\nmutation Join($data:String,$id:ID!){generateToken(data:$data,sessionId:$id){role token}}",
    );
  });

  it("has no value of a variable, an argument, a header or an answer, and of errors the code alone", async () => {
    const ingress = await startIngress();
    const server = await start(ingress.url);
    const id = await server.createSession();
    const { data } = await server.graphql(GENERATE, { id, data: "canary-data", canary_variable: "canary" });
    const { token } = data.generateToken;
    await server.graphql(`{ inspectToken(token: "${token}") { status } }`);
    await server.graphql(`{ session(sessionId: "${id}") { id } }`);
    await server.graphql(`mutation { createSession(archiveName: "canary-name") { id } }`);
    await server.graphql(`mutation { createSession(e2ee: "canary-argument") { id } }`);
    await server.graphql(`{ "canary-syntax" }`);
    // Of what cannot be executed Apollo keeps most.
    for (const query of ["query($canary: String) { canary_field }", "{ videoProject { platform } }"]) {
      const response = await fetch(server.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-canary": "canary",
          cookie: "canary",
          // An API key has 62 characters.
          "apollographql-client-name": `canary${"a".repeat(56)}`,
          "apollographql-client-version": token,
        },
        body: JSON.stringify({ query, variables: { canary: "canary" } }),
      });
      expect(response.status).toBe(200);
    }
    await server.close();
    const text = ingress.received.map(({ bytes }) => bytes.toString("latin1")).join("\n");
    expect(text).toContain("inspectToken");
    // The last one is in it, too.
    expect(text).toContain("platform");
    expect(text).not.toContain(token.slice(0, 20));
    expect(text).not.toContain("canary");
    for (const secret of [token, id, API_SECRET, KEY]) expect(text).not.toContain(secret);
  });

  it("has what a client calls itself", async () => {
    const ingress = await startIngress();
    const server = await start(ingress.url);
    await fetch(server.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "apollographql-client-name": "web",
        "apollographql-client-version": "1.2.3",
      },
      body: '{"query":"{ videoCaller { id } }"}',
    });
    await server.close();
    const [{ bytes }] = ingress.received as [(typeof ingress.received)[number]];
    const [operation] = Object.values(Report.decode(bytes).tracesPerQuery);
    expect(operation?.statsWithContext).toMatchObject([
      { context: { clientName: "web", clientVersion: "1.2.3" } },
    ]);
  });

  it("stays small when no operation comes twice, and counts them all", async () => {
    const ingress = await startIngress();
    const server = await start(ingress.url);
    await server.graphql("{ videoCaller { id } }");
    for (let begun = 0; begun < 600; begun += 100) {
      const asked = Array.from({ length: 100 }, (_, i) =>
        server.graphql(`query Q${begun + i} { videoCaller { id } }`),
      );
      await Promise.all(asked);
    }
    await server.graphql("{ videoCaller { id } }");
    await server.close();
    const reports = ingress.received.map(({ bytes }) => Report.decode(bytes));
    for (const { tracesPerQuery } of reports) expect(Object.keys(tracesPerQuery).length).toBeLessThan(500);
    expect(reports.reduce((sum, { operationCount }) => sum + Number(operationCount), 0)).toBe(602);
  });

  it("that is on its way at the stop is waited for", async () => {
    const ingress = await startIngress((response) => setTimeout(() => response.writeHead(200).end(), 300));
    const server = await start(ingress.url);
    await server.graphql("{ videoCaller { id } }");
    await server.close();
    expect(ingress.received).toHaveLength(1);
    expect(server.log().map(({ msg }) => msg)).not.toContain("a usage report failed");
  });

  it("is not made where no account is configured", async () => {
    const ingress = await startIngress();
    const server = await startServer();
    await server.graphql("{ videoCaller { id } }");
    await server.close();
    expect(ingress.received).toEqual([]);
  });

  it("is the router's to make in a federated graph, which the log says", async () => {
    const ingress = await startIngress();
    const server = await start(ingress.url, { FEDERATION: "on" });
    await server.graphql("{ videoCaller { id } }");
    expect(server.log()).toContainEqual(
      expect.objectContaining({
        msg: "usage is not reported, because with FEDERATION=on the router reports it",
      }),
    );
    await server.close();
    expect(ingress.received).toEqual([]);
  });
});

describe("an ingress that fails", () => {
  it.each<[string, ((response: ServerResponse) => void) | null]>([
    ["never answers", () => {}],
    ["refuses", (response) => response.writeHead(401).end("canary-answer")],
    ["fails", (response) => response.writeHead(500).end("canary-answer")],
    ["is not there", null],
  ])("and %s holds up neither requests nor the stop, and is not repeated in the log", async (_, answer) => {
    const ingress = answer && (await startIngress(answer));
    const server = await start(ingress?.url ?? "http://127.0.0.1:1");
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => server.graphql("{ videoCaller { id } }")),
    );
    expect(answers.every(({ errors }) => errors.length === 0)).toBe(true);
    const begin = performance.now();
    await server.close();
    expect(performance.now() - begin).toBeLessThan(3000);
    if (ingress) expect(ingress.received.length).toBeGreaterThan(0);
    const log = JSON.stringify(server.log());
    for (const canary of ["canary-answer", KEY]) expect(log).not.toContain(canary);
  });
});

it("a redirection is not followed: the key would go along", async () => {
  const elsewhere = await startIngress();
  const ingress = await startIngress((response) =>
    response.writeHead(307, { location: `${elsewhere.url}/canary` }).end(),
  );
  const server = await start(ingress.url);
  await server.graphql("{ videoCaller { id } }");
  await server.close();
  expect(ingress.received.length).toBeGreaterThan(0);
  expect(elsewhere.received).toEqual([]);
  expect(JSON.stringify(server.log())).not.toContain("canary");
});

describe("the account", () => {
  it.each([
    [{ APOLLO_KEY: KEY }, "APOLLO_GRAPH_REF: must be set, because APOLLO_KEY is set"],
    [{ APOLLO_GRAPH_REF: "a@b" }, "APOLLO_KEY: must be set, because APOLLO_GRAPH_REF is set"],
    [{ APOLLO_KEY: "canary key", APOLLO_GRAPH_REF: "a@b" }, "APOLLO_KEY: must be a graph API key"],
    [{ APOLLO_KEY: KEY, APOLLO_GRAPH_REF: KEY }, "APOLLO_GRAPH_REF: must be a graph and its variant"],
    [
      { APOLLO_KEY: KEY, APOLLO_GRAPH_REF: "a@b", APOLLO_USAGE_REPORTING_INGRESS_URL: "http://example.com" },
      "APOLLO_USAGE_REPORTING_INGRESS_URL: must be an https: URL",
    ],
    [
      { FEDERATION: "on", TRUSTED_DOCUMENTS: "enforce", TRUSTED_DOCUMENTS_MANIFEST: "test/none.json" },
      "FEDERATION: cannot be on with TRUSTED_DOCUMENTS=enforce",
    ],
  ])("with %j stops the start, and says why without the key", (env, problem) => {
    const config = () => parseConfig(env);
    expect(config).toThrow(problem);
    expect(config).not.toThrow(/canary/);
  });
});
