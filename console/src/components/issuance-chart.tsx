import { useQuery } from "@apollo/client/react";
import { lazy, Suspense, useState } from "react";
import { usePolling } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { type IssuanceInterval, IssuancesDocument, type Role } from "../generated/documents.ts";
import { INTERVALS, ROLES } from "../labels.ts";
import { countOf, type Periods } from "../periods.ts";
import { formatInstant } from "../time.ts";
import { Choice, optionsOf } from "./choice.tsx";
import { ProblemNotice } from "./problem-notice.tsx";

/** With the chart library, a sixth of the console's code, which need not be there first. */
const Bars = lazy(() => import("./bars.tsx"));

const LABELS = Object.fromEntries(
  Object.entries(INTERVALS).map(([interval, { label }]) => [interval, label]),
) as Record<IssuanceInterval, string>;

/** How many tokens were issued over time, by role. */
export function IssuanceChart() {
  const [interval, setInterval] = useState<IssuanceInterval>("HOUR");
  const { data, previousData, error, refetch } = useQuery(IssuancesDocument, {
    variables: { interval, last: INTERVALS[interval].last },
    fetchPolicy: "cache-and-network",
    ...usePolling(15_000),
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
      <Suspense fallback={<div className="chart" />}>
        <Bars periods={periods} roles={roles} />
      </Suspense>
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
