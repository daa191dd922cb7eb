/** Results of a measurement, for the terminal and docs/performance. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { chartOf } from "./chart.js";

const COLUMNS = ["measure", "ours", "peer", "ratio", "target", "spread"];
const BEGIN = "<!-- The table is written by `npm run bench`. -->";
const END = "<!-- The end of the table. -->";

const docs = (name) => new URL(`../docs/${name}`, import.meta.url);

/** A result's cells, rounded. */
function cellsOf(result) {
  const round = (value) => (value === undefined ? undefined : Number(value.toPrecision(3)));
  const cells = { ...result, target: result.asked, ratio: round(result.ratio), spread: round(result.spread) };
  return Object.fromEntries(COLUMNS.map((column) => [column, cells[column] ?? ""]));
}

/** Prints the results as a table. */
export function print(results) {
  console.table(results.map(cellsOf));
}

/** The results, with the day and the machine, as JSON. */
export function jsonOf(results) {
  const where = { date: new Date().toISOString().slice(0, 10), node: process.version, cpu: cpus()[0].model };
  return `${JSON.stringify({ ...where, results }, null, 2)}\n`;
}

/** Writes the results into the documentation: the table, the chart and the JSON. */
export function publish(results) {
  writeFileSync(docs("performance.json"), jsonOf(results));
  const { chart } = results.find((result) => result.chart);
  writeFileSync(docs("performance.svg"), `${chartOf(chart, "Stagepass")}\n`);
  const text = readFileSync(docs("performance.md"), "utf8");
  const [before, rest] = text.split(BEGIN);
  const [, after] = rest.split(END);
  writeFileSync(docs("performance.md"), `${before}${BEGIN}\n\n${tableOf(results)}\n\n${END}${after}`);
}

function tableOf(results) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const escaped = (cell) => String(cell).replaceAll("|", "\\|");
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)} with Node.js ${process.version} on ${cpus()[0].model}.`,
    "",
    row(COLUMNS),
    row(COLUMNS.map(() => "---")),
    ...results.map((result) => row(Object.values(cellsOf(result)).map(escaped))),
  ].join("\n");
}
