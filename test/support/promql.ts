import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

/** One more of a counter. */
export interface Increment {
  /** In seconds. */
  readonly at: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const EVERY = 15;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** A duration such as `5m`, in seconds. */
const seconds = (text: string) => Number.parseInt(text, 10) * (UNITS[text.slice(-1)] ?? Number.NaN);

/** Whether a rule fires at any time up to `end`, in seconds; `for` is its own, and it is evaluated every 15 seconds. */
export function fires(rule: { expr: string; for?: string }, increments: readonly Increment[], end: number) {
  let since: number | null = null;
  for (let now = 0; now <= end; now += EVERY) {
    if (valueAt(rule.expr, increments, now) === null) since = null;
    else since ??= now;
    if (since !== null && now - since >= seconds(rule.for ?? "0s")) return true;
  }
  return false;
}

/** The value of an expression for the one instance that there is, or null: comparisons, products, and sums of rates. */
function valueAt(expression: string, increments: readonly Increment[], now: number): number | null {
  const textOf = ({ from, to }: SyntaxNode) => expression.slice(from, to);
  const evaluate = (node: SyntaxNode | null): number | null => {
    switch (node?.name) {
      case "PromQL":
        return evaluate(node.firstChild);
      case "NumberDurationLiteral":
        return Number(textOf(node));
      // All labels but those of the instance are summed.
      case "AggregateExpr":
        if (!textOf(node).startsWith("sum by (job, instance)")) break;
        return evaluate(node.getChild("FunctionCallBody")?.firstChild ?? null);
      case "FunctionCall":
        if (!textOf(node).startsWith("rate(")) break;
        return rate(node);
      case "BinaryExpr": {
        const [left, right] = [evaluate(node.firstChild), evaluate(node.lastChild)];
        if (left === null || right === null) return null;
        if (node.getChild("Mul")) return left * right;
        if (node.getChild("Gtr")) return left > right ? left : null;
      }
    }
    throw new Error(`${node && textOf(node)} is not known here`);
  };
  const rate = (call: SyntaxNode): number | null => {
    const [, name = "", matchers = "", window = ""] =
      /^rate\((\w+)(?:\{(.*)\})?\[(\w+)\]\)$/.exec(textOf(call)) ?? [];
    const pairs = [...matchers.matchAll(/(\w+)=~?"([^"]*)"/g)];
    const series = increments.filter(
      (one) =>
        one.name === name &&
        pairs.every(([, label = "", value]) => new RegExp(`^(${value})$`).test(one.labels[label] ?? "")),
    );
    const past = series.filter(({ at }) => at <= now);
    if (past.length === 0) return null;
    return past.filter(({ at }) => at > now - seconds(window)).length / seconds(window);
  };
  return evaluate(parser.parse(expression).topNode);
}
