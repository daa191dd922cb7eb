import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { startServer, type TestServer } from "../support/server.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
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
    // What Grafana puts in.
    targets.map(({ expr }) => [title, expr.replaceAll("$__rate_interval", "5m")] as const),
  ),
];

/** The texts of the parts of a kind. */
function partsOf(expression: string, kind: string): string[] {
  const parts: string[] = [];
  parser.parse(expression).iterate({
    enter({ name, from, to, type }) {
      if (name === kind || (kind === "error" && type.isError)) parts.push(expression.slice(from, to));
    },
  });
  return parts;
}

/** Labels that Prometheus itself gives, and that of buckets. */
const GIVEN = ["job", "instance", "le"];

let server: TestServer;
let metrics: string;
/** What values the labels of the metrics have had, or that they are. */
let labels: Map<string, Set<string>>;
beforeAll(async () => {
  server = await startServer({ METRICS_PORT: "0" });
  const id = await server.createSession();
  await server.graphql(`mutation { generateToken(sessionId: "${id}") { token } }`);
  await vi.waitFor(async () => {
    metrics = await (await fetch(server.metricsUrl ?? "")).text();
    expect(metrics).toContain('operation="generateToken"');
  });
  labels = new Map();
  for (const [, name = "", value = ""] of metrics.matchAll(/[{,](\w+)="([^"]*)"/g)) {
    labels.set(name, (labels.get(name) ?? new Set()).add(value));
  }
  // There are calls and a circuit only where the platform is not the built-in one.
  labels.set("result", new Set([...(labels.get("result") ?? []), "PLATFORM_REJECTED"]));
});
afterAll(() => server.close());

describe.each(expressions)("%s", (_name, expression) => {
  it("is an expression of Prometheus", () => {
    expect(partsOf(expression, "error")).toEqual([]);
  });

  it("asks for metrics and labels that there are", () => {
    const selectors = partsOf(expression, "VectorSelector");
    expect(selectors.length).toBeGreaterThan(0);
    for (const selector of selectors) {
      const [name = ""] = partsOf(selector, "Identifier");
      if (name !== "up")
        expect(metrics).toMatch(
          new RegExp(`^# TYPE ${name.replace(/_(bucket|sum|count)$/, "")}(_total)? `, "m"),
        );
    }
    for (const label of partsOf(expression, "LabelName")) {
      if (!GIVEN.includes(label)) expect([...labels.keys()]).toContain(label);
    }
  });
});

it("every alert says how bad it is and what it means, and every code that it asks for is documented", () => {
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
