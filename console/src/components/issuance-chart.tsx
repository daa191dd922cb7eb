import { useQuery } from "@apollo/client/react";
import { lazy, Suspense, useState } from "react";
import { usePolling } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { type IssuanceInterval, IssuancesDocument, type Role } from "../generated/documents.ts";
import { INTERVALS, ROLES } from "../labels.ts";
import { countOf, type Periods } from "../periods.ts";
import { formatDay, formatInstant } from "../time.ts";
import { Choice, optionsOf } from "./choice.tsx";
import { ProblemNotice } from "./problem-notice.tsx";

/** Loaded later, because the chart library is a sixth of the console's code. If loading fails, the rest still works. */
const Bars = lazy(() => import("./bars.tsx").catch(() => ({ default: NoBars })));

function NoBars() {
  return <p className="hint">The chart could not be loaded. The table has the numbers.</p>;
}

/** The number of periods in the chart. */
const LAST: Readonly<Record<IssuanceInterval, number>> = { MINUTE: 60, HOUR: 24, DAY: 30 };

/** A chart of issued tokens over time, by role. */
export function IssuanceChart() {
  const [interval, setChosen] = useState<IssuanceInterval>("HOUR");
  return (
    <section className="card" aria-labelledby="issuances">
      <div className="row">
        <h2 id="issuances">Tokens issued</h2>
        <Choice aria-label="Period" value={interval} options={optionsOf(INTERVALS)} onChoose={setChosen} />
      </div>
      {/* A new key for each interval, so that it never shows the counts of another. */}
      <Issuances key={interval} interval={interval} />
    </section>
  );
}

function Issuances({ interval }: { interval: IssuanceInterval }) {
  const { data, previousData, error, refetch } = useQuery(IssuancesDocument, {
    variables: { interval, last: LAST[interval] },
    fetchPolicy: "cache-and-network",
    ...usePolling(15_000),
  });
  const periods = (data ?? previousData)?.issuances;
  return (
    <>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
      {!periods && !error && <p role="status">Counting…</p>}
      {periods && periods.length < LAST[interval] && (
        <p className="hint">Covers only the newest 500,000 records, so earlier periods are missing.</p>
      )}
      {periods && <Counts periods={periods} interval={interval} />}
    </>
  );
}

function Counts({ periods, interval }: { periods: Periods; interval: IssuanceInterval }) {
  const formatPeriod = interval === "DAY" ? formatDay : formatInstant;
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
        <Bars periods={periods} roles={roles} isUtc={interval === "DAY"} />
      </Suspense>
      <details>
        <summary>Show as a table</summary>
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
                <th scope="row">{formatPeriod(period.startsAt)}</th>
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
