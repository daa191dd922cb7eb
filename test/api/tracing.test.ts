import { request, type ServerResponse } from "node:http";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import type { StartupError } from "../../src/errors.ts";
import { tracing } from "../../src/instruments/tracing.ts";
import { snippets } from "../docs/markdown.ts";
import { EVERYTHING, JWT_SECRET, signedJwt } from "../support/callers.ts";
import { attributesOf, type ExportedSpan, startCollector } from "../support/collector.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { answerSession, newSessionId, refuse, startFaultServer } from "../support/fault-server.ts";
import { startServer } from "../support/server.ts";

beforeEach(() => {
  // The SDK reads its variables from the process, where the server puts them.
  for (const name of [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
  ]) {
    vi.stubEnv(name, undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());

type Collector = Awaited<ReturnType<typeof startCollector>>;

async function start(collector: Collector, env: Record<string, string> = {}) {
  return startServer({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_BSP_SCHEDULE_DELAY: "20",
    ...env,
  });
}

/** A platform that is reached over the network, and a server that sends its traces to a collector. */
async function startAll(env: Record<string, string> = {}) {
  const platform = await startFaultServer(answerSession(newSessionId(API_KEY), API_KEY));
  onTestFinished(() => platform.close());
  const collector = await startCollector();
  const server = await start(collector, { PLATFORM: "opentok", OPENTOK_API_URL: platform.url, ...env });
  onTestFinished(() => server.close());
  return { platform, collector, server };
}

/** The names of spans, each with those below it in the order of their beginnings. */
function tree(spans: readonly ExportedSpan[], parent: string | undefined): unknown[] {
  return spans
    .filter(({ parentSpanId }) => (parentSpanId || undefined) === parent)
    .sort((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
    .map(({ name, spanId }) => [name, ...tree(spans, spanId)]);
}

const CREATE = "mutation { createSession { sessionId generateToken { token } } }";

it("follows a request from HTTP through its operation to the platform call and the ledger commit", async () => {
  const { platform, collector, server } = await startAll();
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const response = await fetch(server.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      tracestate: "vendor=value",
    },
    body: JSON.stringify({ query: CREATE }),
  });
  expect((await response.json()).errors).toBeUndefined();
  await expect.poll(() => collector.spans()).toHaveLength(4);

  const spans = collector.spans();
  // As the documentation draws it.
  const [drawn, ...others] = snippets("docs/monitoring.md").filter(({ heading }) => heading === "Traces");
  expect(others).toEqual([]);
  expect(drawn?.code.split("\n").flatMap((line) => line.replace(/^[^A-Za-z]+/, "") || [])).toEqual([
    "POST /graphql",
    "mutation createSession",
    "POST /session/create",
    "ledger commit",
  ]);
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  expect(tree(spans, "b7ad6b7169203331")).toEqual([
    ["POST /graphql", ["mutation createSession", ["POST /session/create"], ["ledger commit"]]],
  ]);
  const call = spans.find(({ name }) => name === "POST /session/create");
  expect(platform.received[0]?.headers).toMatchObject({
    traceparent: `00-${traceId}-${call?.spanId}-01`,
    tracestate: "vendor=value",
  });
  const http = spans.find(({ name }) => name === "POST /graphql");
  expect(http && attributesOf(http)).toEqual({
    "http.request.method": "POST",
    "http.route": "/graphql",
    "http.response.status_code": 200,
    "stagepass.request_id": response.headers.get("x-request-id"),
  });
});

it("gives each of many requests at once a trace of its own, with its own commit", async () => {
  const { collector, server } = await startAll();
  const sessionId = newSessionId(API_KEY);
  const generate = `mutation { generateToken(sessionId: "${sessionId}") { token } }`;
  await Promise.all(Array.from({ length: 50 }, () => server.graphql(generate)));
  await expect.poll(() => collector.spans()).toHaveLength(150);
  const roots = tree(collector.spans(), undefined);
  expect(roots).toEqual(Array(50).fill(["POST /graphql", ["mutation generateToken", ["ledger commit"]]]));
  expect(new Set(collector.spans().map(({ traceId }) => traceId)).size).toBe(50);
});

it("says what failed by its code, and nothing that a caller or the platform wrote", async () => {
  const { platform, collector, server } = await startAll();
  const ok = await server.graphql(CREATE);
  const { token } = ok.data.createSession.generateToken;
  platform.behave(refuse(403, "canary of the platform"));
  await server.graphql(
    `mutation CanaryName { canaryAlias: createSession(archiveMode: ALWAYS, mediaMode: ROUTED, archiveName: "canary-name") { id } }`,
  );
  await server.graphql(`{ inspectToken(token: "${token}") { status } }`);
  await server.graphql(`{ canary_field }`);
  await server.graphql(`{ "canary-syntax" }`);
  await fetch(`${server.origin}/canary?token=${token}`, { headers: { authorization: `Bearer ${token}` } });
  await fetch(server.url, { method: "POST", headers: { authorization: "Bearer canary" } });
  await fetch(`${server.origin}/readyz`);
  await expect.poll(() => collector.spans().filter(({ kind }) => kind === 2)).toHaveLength(7);
  const failed = collector.spans().filter(({ status }) => status.code === 2);
  expect(failed.map((span) => [span.name, attributesOf(span)["error.type"]])).toEqual(
    expect.arrayContaining([
      ["POST /session/create", "PLATFORM_REJECTED"],
      ["mutation createSession", "PLATFORM_REJECTED"],
      ["GraphQL", "GRAPHQL_VALIDATION_FAILED"],
      ["GraphQL", "GRAPHQL_PARSE_FAILED"],
    ]),
  );
  expect(failed.every(({ status }) => status.message === undefined)).toBe(true);
  // What the caller did wrong is no error of the server, and is told all the same.
  const answers = collector.spans().filter(({ kind }) => kind === 2);
  expect(answers.map((span) => attributesOf(span)["error.type"])).toEqual([
    undefined,
    "PLATFORM_REJECTED",
    undefined,
    "GRAPHQL_VALIDATION_FAILED",
    "GRAPHQL_PARSE_FAILED",
    "NOT_FOUND",
    "BAD_REQUEST",
  ]);
  expect(answers.every(({ status }) => status.code !== 2)).toBe(true);
  expect(collector.text()).not.toMatch(/canary/i);
  for (const secret of [token, API_SECRET, ok.data.createSession.sessionId])
    expect(collector.text()).not.toContain(secret);
});

it("tells of requests that the caller broke off, and of no commit where nothing was recorded", async () => {
  const { collector, server } = await startAll({ AUTH_JWT_SECRET: JWT_SECRET });
  const leaving = request(server.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "content-length": "100",
      authorization: `Bearer ${signedJwt(EVERYTHING)}`,
    },
  });
  leaving.on("error", () => {});
  leaving.write("{", () => leaving.destroy());
  await expect.poll(() => collector.spans()).toHaveLength(1);
  const [left] = collector.spans();
  expect(left?.status.code).toBe(2);
  expect(left && attributesOf(left)).toMatchObject({ "error.type": "BROKEN_OFF" });
  expect(left && attributesOf(left)).not.toHaveProperty("http.response.status_code");

  const refused = `mutation { generateTokens(sessionId: "${newSessionId(API_KEY)}", requests: [{ expireTime: 1 }]) { __typename } }`;
  expect((await server.graphql(refused, {}, signedJwt(EVERYTHING))).errors).toEqual([]);
  await expect.poll(() => collector.spans()).toHaveLength(3);
  expect(collector.spans().map(({ name }) => name)).not.toContain("ledger commit");
});

it("has those of the last requests sent when the server stops, and an error of the server's for one", async () => {
  const collector = await startCollector();
  const server = await start(collector, {
    OTEL_BSP_SCHEDULE_DELAY: "600000",
    AUTH_JWKS_URI: "http://127.0.0.1:1/keys",
  });
  const [, claims] = signedJwt({ sub: "a" }).split(".");
  const header = Buffer.from('{"alg":"RS256","kid":"k"}').toString("base64url");
  const unverified = [header, claims, "c2lnbmF0dXJl"].join(".");
  const response = await fetch(server.url, {
    method: "POST",
    headers: { authorization: `Bearer ${unverified}` },
  });
  expect(response.status).toBe(503);
  expect(collector.requests).toHaveLength(0);
  await server.close();
  const [span] = collector.spans();
  expect(span?.status.code).toBe(2);
  expect(span && attributesOf(span)).toMatchObject({
    "http.response.status_code": 503,
    "error.type": "AUTHENTICATION_UNAVAILABLE",
  });
});

it("leaves out what the caller's trace leaves out, and begins a trace of its own where there is none", async () => {
  const { platform, collector, server } = await startAll();
  const ask = (traceparent: string) =>
    fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json", traceparent },
      body: JSON.stringify({ query: "mutation { createSession { id } }" }),
    });
  await ask("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  expect(platform.received[0]?.headers.traceparent).toMatch(
    /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/,
  );
  await ask("canary");
  await expect.poll(() => collector.spans()).toHaveLength(3);
  expect(tree(collector.spans(), undefined)).toHaveLength(1);
});

describe("a sampler", () => {
  /** Creates sessions as callers with these values of `traceparent`, and resolves to the trees of spans that the collector got. */
  async function traced(env: Record<string, string>, callers: readonly (string | null)[]) {
    const platform = await startFaultServer((response, request) =>
      answerSession(newSessionId(API_KEY), API_KEY)(response, request),
    );
    onTestFinished(() => platform.close());
    const collector = await startCollector();
    const server = await start(collector, { PLATFORM: "opentok", OPENTOK_API_URL: platform.url, ...env });
    try {
      for (const traceparent of callers) {
        const response = await fetch(server.url, {
          method: "POST",
          headers: { "content-type": "application/json", ...(traceparent && { traceparent }) },
          body: JSON.stringify({ query: CREATE }),
        });
        expect((await response.json()).errors).toBeUndefined();
      }
    } finally {
      await server.close();
    }
    const spans = collector.requests.length === 0 ? [] : collector.spans();
    const tops = new Set(spans.map(({ parentSpanId }) => parentSpanId || undefined));
    for (const { spanId } of spans) tops.delete(spanId);
    return {
      trees: [...tops].flatMap((top) => tree(spans, top)),
      sent: platform.received.map(({ headers }) => headers.traceparent),
    };
  }

  const WHOLE = ["POST /graphql", ["mutation createSession", ["POST /session/create"], ["ledger commit"]]];
  /** A sampler of half of all traces takes the first ID, and leaves out the second. */
  const TAKEN = "00000000000000000000000000000001";
  const LEFT_OUT = "f0000000000000000000000000000000";
  const caller = (id: string, flag: "00" | "01") => `00-${id}-b7ad6b7169203331-${flag}`;

  it("takes a share of the requests, each with the whole trace or nothing", async () => {
    const env = { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.5" };
    const { trees, sent } = await traced(env, Array(100).fill(null));
    // Of 100 tosses of a coin, fewer than 16 or more than 84 are heads less than once in 10^12 times.
    expect(trees.length).toBeGreaterThan(15);
    expect(trees.length).toBeLessThan(85);
    expect(trees).toEqual(Array(trees.length).fill(WHOLE));
    expect(sent.filter((traceparent) => String(traceparent).endsWith("-01"))).toHaveLength(trees.length);
    expect(sent.filter((traceparent) => traceparent === undefined)).toHaveLength(100 - trees.length);
  });

  it.each([
    ["parentbased_always_on", "0", null, true],
    ["parentbased_always_on", "0", caller(LEFT_OUT, "01"), true],
    ["parentbased_always_on", "0", caller(TAKEN, "00"), false],
    ["parentbased_always_off", "1", null, false],
    ["parentbased_always_off", "1", caller(LEFT_OUT, "01"), true],
    ["parentbased_always_off", "1", caller(TAKEN, "00"), false],
    ["parentbased_traceidratio", "", null, true],
    ["parentbased_traceidratio", "0", null, false],
    ["parentbased_traceidratio", "0", caller(LEFT_OUT, "01"), true],
    ["parentbased_traceidratio", "1", caller(TAKEN, "00"), false],
    ["always_on", "0", null, true],
    ["always_on", "0", caller(LEFT_OUT, "00"), true],
    ["always_off", "1", null, false],
    ["always_off", "1", caller(TAKEN, "01"), false],
    ["traceidratio", "", null, true],
    ["traceidratio", "0", null, false],
    ["traceidratio", "0.5", caller(TAKEN, "00"), true],
    ["traceidratio", "0.5", caller(LEFT_OUT, "01"), false],
  ])("%s with %j, for a caller with %s: %s", async (sampler, share, traceparent, isTaken) => {
    const env = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: share };
    const { trees, sent } = await traced(env, [traceparent]);
    expect(trees).toEqual(isTaken ? [WHOLE] : []);
    const id = traceparent?.slice(3, 35) ?? "[0-9a-f]{32}";
    const propagated = new RegExp(`^00-${id}-(?!b7ad6b7169203331)[0-9a-f]{16}-0${isTaken ? 1 : 0}$`);
    expect(sent).toEqual([isTaken || traceparent ? expect.stringMatching(propagated) : undefined]);
  });

  it.each([true, false])("decides about a call to the platform outside requests: %s", async (isChosen) => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const { platformCall } = tracing(provider.getTracer("test"), () => isChosen);
    const headers = await platformCall("GET", "/connection", async (given) => given);
    expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(isChosen ? ["GET /connection"] : []);
    expect(headers).toEqual(isChosen ? { traceparent: expect.stringMatching(/-01$/) } : {});
  });
});

it("names the service and its version, and takes the standard variables, also those of .env", async () => {
  const { collector, server } = await startAll({
    OTEL_SERVICE_NAME: "video-seats",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=staging",
    OTEL_EXPORTER_OTLP_HEADERS: "x-key=canary-of-the-collector",
  });
  onTestFinished(() => {
    for (const name of ["OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_EXPORTER_OTLP_HEADERS"])
      delete process.env[name];
  });
  await server.graphql("{ videoCaller { id } }");
  await expect.poll(() => collector.requests).toHaveLength(1);
  const [{ resource }] = collector.resources();
  expect(attributesOf(resource)).toMatchObject({
    "service.name": "video-seats",
    "service.version": expect.stringMatching(/^\d+\.\d+\.\d+/),
    "deployment.environment.name": "staging",
  });
  expect(collector.requests[0]).toMatchObject({
    path: "/v1/traces",
    headers: { "x-key": "canary-of-the-collector" },
  });
  expect(JSON.stringify(server.log())).not.toContain("canary-of-the-collector");
});

it("speaks protobuf unless JSON is asked for", async () => {
  const { collector, server } = await startAll({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" });
  await server.graphql(CREATE);
  await expect.poll(() => collector.text()).toContain("POST /graphql");
  expect(collector.requests[0]?.headers["content-type"]).toBe("application/x-protobuf");
  for (const name of ["mutation createSession", "POST /session/create", "ledger commit"])
    expect(collector.text()).toContain(name);
});

describe("a collector that fails", () => {
  it("holds up no request and no stop, and is told of once", async () => {
    const collector = await startCollector(() => {});
    const server = await start(collector);
    await Promise.all(Array.from({ length: 20 }, () => server.graphql("{ videoCaller { id } }")));
    await expect.poll(() => collector.requests.length).toBeGreaterThan(0);
    expect((await server.graphql("{ videoCaller { id } }")).errors).toEqual([]);
    const begin = performance.now();
    await server.close();
    expect(performance.now() - begin).toBeLessThan(4000);
    expect(server.log().map(({ msg }) => msg)).toContain("the last traces could not be sent");
  });

  it("is told of in the log, without what it answers", async () => {
    let answer = (response: ServerResponse) => response.writeHead(400).end("canary-answer");
    const collector = await startCollector((_request, response) => answer(response));
    const server = await start(collector);
    onTestFinished(() => server.close());
    for (const _ of [1, 2, 3]) {
      const { length } = collector.requests;
      await server.graphql("{ videoCaller { id } }");
      await expect.poll(() => collector.requests.length).toBeGreaterThan(length);
    }
    const warnings = () => server.log().filter(({ level }) => Number(level) >= 40 && Number(level) < 50);
    answer = (response) => response.writeHead(200).end("{}");
    await server.graphql("{ videoCaller { id } }");
    await expect.poll(() => server.log().map(({ msg }) => msg)).toContain("traces are sent again");
    await expect
      .poll(() => warnings().filter(({ msg }) => String(msg).startsWith("traces")))
      .toEqual([expect.objectContaining({ msg: "traces cannot be sent to the collector" })]);
    expect(JSON.stringify(server.log())).not.toContain("canary-answer");
  });
});

it("is off unless it is configured, and checks what it is given", () => {
  expect(parseConfig({}).tracing).toBeNull();
  const url = "http://collector:4318";
  expect(parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SDK_DISABLED: "true" }).tracing).toBeNull();
  expect(parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: url }).tracing?.protocol).toBe("http/protobuf");
  expect(() => parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" })).toThrow(
    "OTEL_EXPORTER_OTLP_ENDPOINT: must be an http: or https: URL without credentials",
  );
  expect(parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_EXPORTER: "none" }).tracing).toBeNull();
  const forTraces = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/v1/traces`,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
  };
  expect(parseConfig(forTraces).tracing?.protocol).toBe("http/json");
});

it.each([
  ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "must be one of http/protobuf, http/json"],
  ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://user:canary@collector", "must be an http: or https: URL"],
  ["OTEL_TRACES_EXPORTER", "console", "must be one of otlp, none"],
  ["OTEL_TRACES_SAMPLER", "sometimes", "must be one of always_on"],
  ["OTEL_TRACES_SAMPLER_ARG", "1.5", "must be a number from 0 to 1"],
  ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0", "must be a whole number from 1"],
  ["OTEL_BSP_SCHEDULE_DELAY", "-1", "must be a whole number from 1"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary%zz", "must be comma-separated headers such as"],
  ["OTEL_EXPORTER_OTLP_COMPRESSION", "brotli", "must be one of gzip, none"],
  ["OTEL_EXPORTER_OTLP_CERTIFICATE", "no-such-file", "must be the path of a readable file: ENOENT"],
])("stops the start with %s=%s, where there are traces", (name, value, problem) => {
  const problems = () => {
    try {
      parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318", [name]: value });
    } catch (error) {
      return (error as StartupError).problems;
    }
  };
  expect(problems()).toEqual([expect.stringContaining(`${name}: ${problem}`)]);
  expect(String(problems())).not.toContain("canary");
  expect(parseConfig({ [name]: value.includes("://") ? "" : value }).tracing).toBeNull();
});

it.each([
  ["OTEL_TRACES_SAMPLER_ARG", "0.25"],
  ["OTEL_TRACES_SAMPLER_ARG", "1"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20Zm9v,x-scope=a=b"],
  ["OTEL_EXPORTER_OTLP_CERTIFICATE", "package.json"],
])("takes %s=%s", (name, value) => {
  const { tracing } = parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318", [name]: value });
  expect(tracing?.variables).toMatchObject({ [name]: value });
});
