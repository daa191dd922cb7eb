import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { startServer, type TestServer } from "../support/server.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

const rules: Rule[] = parse(readFileSync("docs/alerts.yml", "utf8")).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
);
const dashboard = JSON.parse(readFileSync("docs/grafana-dashboard.json", "utf8"));
const panels: { title: string; targets?: { expr: string }[] }[] = dashboard.panels;

const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets = [] }) =>
    // Grafana's value.
    targets.map(({ expr }) => [title, expr.replaceAll("$__rate_interval", "5m")] as const),
  ),
];

/** The texts of an expression's parts of one kind. */
function partsOf(expression: string, kind: string): string[] {
  const parts: string[] = [];
  parser.parse(expression).iterate({
    enter({ name, from, to, type }) {
      if (name === kind || (kind === "error" && type.isError)) parts.push(expression.slice(from, to));
    },
  });
  return parts;
}

/** The labels that Prometheus adds, and the label of buckets. */
const GIVEN = ["job", "instance", "le"];

/** Functions for counters. */
const GROWING = /^(rate|increase)\(/;
/** Functions for gauges. */
const OVER_TIME = /^(min|max|avg)_over_time\(/;

let server: TestServer;
let metrics: string;
/** The labels of each of the server's metrics. */
let labels: Map<string, Set<string>>;

const nameIn = (selector: string) => partsOf(selector, "Identifier")[0] ?? "";
/** Whether it is a `counter`, a `gauge` or a `histogram`; a part of a histogram counts, too. */
function typeOf(name: string): string | undefined {
  const part = /^(.*)_(bucket|sum|count)$/.exec(name)?.[1];
  if (part !== undefined && metrics.includes(`# TYPE ${part} histogram\n`)) return "counter";
  return new RegExp(`^# TYPE ${name} (\\w+)$`, "m").exec(metrics)?.[1];
}
beforeAll(async () => {
  server = await startServer({ METRICS_PORT: "0" });
  const id = await server.createSession();
  await server.graphql(`mutation { generateToken(sessionId: "${id}") { token } }`);
  await vi.waitFor(async () => {
    metrics = await (await fetch(server.metricsUrl ?? "")).text();
    expect(metrics).toContain('operation="generateToken"');
  });
  labels = new Map();
  for (const [, name = "", pairs = ""] of metrics.matchAll(/^(\w+)\{(.*)\} /gm)) {
    const known = labels.get(name) ?? new Set();
    for (const [, label = ""] of pairs.matchAll(/(\w+)="/g)) known.add(label);
    labels.set(name, known);
  }
});
afterAll(() => server.close());

describe.each(expressions)("%s", (_name, expression) => {
  it("is an expression of Prometheus", () => {
    expect(partsOf(expression, "error")).toEqual([]);
  });

  it("uses existing metrics and labels", () => {
    const selectors = partsOf(expression, "VectorSelector");
    expect(selectors.length).toBeGreaterThan(0);
    for (const selector of selectors) {
      const name = nameIn(selector);
      if (name !== "up") expect(typeOf(name), name).toBeDefined();
      for (const label of partsOf(selector, "LabelName"))
        expect([...GIVEN, ...(labels.get(name) ?? [])], name).toContain(label);
    }
    const known = selectors.flatMap((selector) => [...(labels.get(nameIn(selector)) ?? [])]);
    for (const label of partsOf(expression, "LabelName")) expect([...GIVEN, ...known]).toContain(label);
  });

  it("uses rates of counters, values of gauges, and quantiles of buckets", () => {
    const calls = partsOf(expression, "FunctionCall");
    const growing = calls.filter((call) => GROWING.test(call));
    for (const [call, type] of [
      ...growing.map((call) => [call, "counter"] as const),
      ...calls.filter((call) => OVER_TIME.test(call)).map((call) => [call, "gauge"] as const),
    ]) {
      for (const selector of partsOf(call, "VectorSelector"))
        expect(typeOf(nameIn(selector)), call).toBe(type);
    }
    for (const call of calls.filter((call) => call.startsWith("histogram_quantile("))) {
      expect(call).toMatch(/^histogram_quantile\(0\.\d+, sum by \((\w+, )*le\) \(rate\(\w+_bucket[[{]/);
    }
    // A new series has not grown yet; the expression then checks whether it existed before.
    if (expression.includes("unless")) return;
    const counters = partsOf(expression, "VectorSelector").filter((s) => typeOf(nameIn(s)) === "counter");
    expect(growing.flatMap((call) => partsOf(call, "VectorSelector")).sort()).toEqual(counters.sort());
  });
});

it("every alert has a severity and a meaning, and its codes are documented", () => {
  const errors = readFileSync("docs/errors.md", "utf8");
  for (const { alert, expr, labels, annotations } of rules) {
    expect(alert).toMatch(/^Stagepass[A-Z]/);
    expect(["critical", "warning"]).toContain(labels.severity);
    expect(annotations.summary).toContain("$labels.instance");
    for (const [, code] of expr.matchAll(/(?:code|outcome|result)="(\w+)"/g))
      expect(errors).toContain(`${code}`);
  }
});

it("every metric of ours is on the dashboard", () => {
  const shown = JSON.stringify(panels);
  const ours = [...metrics.matchAll(/^# TYPE (stagepass_\w+)/gm)].map(([, name]) => name);
  expect(ours.length).toBeGreaterThan(8);
  for (const name of ours.filter((name) => name !== "stagepass_info")) expect(shown).toContain(name);
});

it.each([
  ["StagepassIssuesNoTokens", 0.5, 2],
  ["StagepassFailsToRecord", 0.01, 5],
  ["StagepassDatabaseUnavailable", 0.01, 5],
  ["StagepassAuthenticationUnavailable", 0.1, 2],
])("%s fires when failures are more than %d of all requests for %d minutes", (alert, share, minutes) => {
  const rule = rules.find((rule) => rule.alert === alert);
  const [failed, all, ...others] = partsOf(rule?.expr ?? "", "FunctionCall");
  const sum = (call = "") => `sum by (job, instance) (${call})`;
  expect(rule?.expr).toBe(`${sum(failed)} > ${share} * ${sum(all)}`);
  expect(others).toEqual([]);
  const [, name, label, codes] = /^rate\((\w+)\{(\w+)=~?"([\w|]+)"\}\[(\d+)m\]\)$/.exec(failed ?? "") ?? [];
  // Refused token requests do not count as attempts.
  const tried = label === "outcome" ? `{outcome=~"ISSUED|${codes}"}` : "";
  expect(all).toBe(`rate(${name}${tried}[${minutes}m])`);
  // As long as the window, so that a single failure has left it by then.
  expect([failed?.endsWith(`[${minutes}m])`), rule?.for]).toEqual([true, `${minutes}m`]);
});
