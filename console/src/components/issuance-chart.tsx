import { useQuery } from "@apollo/client/react";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { usePolling } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import {
  type IssuanceInterval,
  IssuancesDocument,
  type IssuancesQuery,
  type Role,
} from "../generated/documents.ts";
import { INTERVALS, ROLES } from "../labels.ts";
import { formatInstant } from "../time.ts";
import { Choice, optionsOf } from "./choice.tsx";
import { ProblemNotice } from "./problem-notice.tsx";

type Periods = IssuancesQuery["issuances"];

const HEIGHT = 180;
const LABELS = Object.fromEntries(
  Object.entries(INTERVALS).map(([interval, { label }]) => [interval, label]),
) as Record<IssuanceInterval, string>;

/** How many tokens were issued over time, by role. */
export default function IssuanceChart() {
  const [interval, setInterval] = useState<IssuanceInterval>("HOUR");
  const { data, previousData, error, refetch } = useQuery(IssuancesDocument, {
    variables: { interval, last: INTERVALS[interval].last },
    fetchPolicy: "cache-and-network",
    ...usePolling(10_000),
  });
  const periods = (data ?? previousData)?.issuances;
  return (
    <section className="card" aria-labelledby="issuances">
      <div className="row">
        <h2 id="issuances">Tokens issued</h2>
        <Choice
          aria-label="Period"
          value={interval}
          options={optionsOf(LABELS)}
          onChoose={(chosen) => chosen && setInterval(chosen)}
        />
      </div>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
      {periods ? <Counts periods={periods} /> : !error && <p role="status">Counting…</p>}
    </section>
  );
}

function Counts({ periods }: { periods: Periods }) {
  const roles = periods[0]?.counts.map(({ role }) => role) ?? [];
  const total = (role: Role) => periods.reduce((sum, period) => sum + countOf(period, role), 0);
  return (
    <>
      <ul className="legend">
        {roles.map((role) => (
          <li key={role}>
            <span className={`swatch ${role.toLowerCase()}`} />
            {ROLES[role]} <strong>{total(role)}</strong>
          </li>
        ))}
      </ul>
      <Bars periods={periods} roles={roles} />
      <details>
        <summary>As a table</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">From</th>
              {roles.map((role) => (
                <th key={role} scope="col">
                  {ROLES[role]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {periods.toReversed().map((period) => (
              <tr key={period.startsAt}>
                <th scope="row">{formatInstant(period.startsAt)}</th>
                {roles.map((role) => (
                  <td key={role}>{countOf(period, role)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}

function countOf({ counts }: Periods[number], role: Role): number {
  return counts.find((each) => each.role === role)?.count ?? 0;
}

/** Bars that stand on one another: each series is drawn up to the sum of its role and of those before it, the highest first. */
function Bars({ periods, roles }: { periods: Periods; roles: readonly Role[] }) {
  const host = useRef<HTMLDivElement>(null);
  const dark = useDarkScheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read anew when the scheme changes
  useEffect(() => {
    const element = host.current;
    const [first, second] = periods;
    if (!element || !first || !second) return;
    const style = getComputedStyle(element);
    const starts = periods.map(({ startsAt }) => new Date(startsAt).getTime() / 1000);
    const length = new Date(second.startsAt).getTime() / 1000 - new Date(first.startsAt).getTime() / 1000;
    const stacked = roles.map((_, i) =>
      periods.map((period) => roles.slice(0, i + 1).reduce((sum, role) => sum + countOf(period, role), 0)),
    );
    const axis = {
      stroke: style.color,
      grid: { stroke: style.borderTopColor, width: 1 },
      ticks: { show: false },
    };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: () => [starts[0] ?? 0, (starts.at(-1) ?? 0) + length] },
          y: { range: (_, _least, most) => [0, Math.max(4, Math.ceil(most * 1.1))] },
        },
        axes: [axis, { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 1e4, 1e5] }],
        series: [
          {},
          ...roles
            .map((role) => ({
              label: ROLES[role],
              fill: colourOf(role),
              width: 0,
              points: { show: false },
              paths: uPlot.paths.bars?.({ size: [0.8, 48], align: 1 }),
            }))
            .toReversed(),
        ],
      },
      [starts, ...stacked.toReversed()],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [periods, roles.join(), dark]);

  return (
    <div
      ref={host}
      className="chart"
      role="img"
      aria-label="Bar chart of the tokens issued over time by role; the table below has its numbers"
    />
  );
}

/** The colour that the style sheet gives a role in the scheme of the moment. */
function colourOf(role: Role): string {
  const swatch = document.querySelector(`.legend .${role.toLowerCase()}`);
  return swatch ? getComputedStyle(swatch).backgroundColor : "gray";
}

function useDarkScheme(): boolean {
  const [scheme] = useState(() => matchMedia("(prefers-color-scheme: dark)"));
  const [dark, setDark] = useState(scheme.matches);
  useEffect(() => {
    const follow = () => setDark(scheme.matches);
    scheme.addEventListener("change", follow);
    return () => scheme.removeEventListener("change", follow);
  }, [scheme]);
  return dark;
}
