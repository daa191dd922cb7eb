import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Role } from "../generated/documents.ts";
import { ROLES } from "../labels.ts";
import { countOf, type Periods } from "../periods.ts";
import { formatDay, formatInstant } from "../time.ts";

/** In pixels. The style sheet reserves this space. */
const HEIGHT = 180;

const compact = new Intl.NumberFormat(undefined, { notation: "compact" });

/** The labels of the time axis, in the user's language. */
const DAY_AXIS = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const CLOCK_AXIS = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

interface Props {
  readonly periods: Periods;
  readonly roles: readonly Role[];
  /** Whether the periods are days in UTC, not parts of a day in the user's time zone. */
  readonly isUtc: boolean;
}

/** The period under the pointer. */
interface Pointed {
  readonly place: number;
  /** Whether it is in the left half of the chart, so that its label goes to the right. */
  readonly isLeft: boolean;
}

/** Stacked bars. Each series is the sum of its role and the roles before it; the highest is drawn first. */
export default function Bars({ periods, roles, isUtc }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const dark = useDarkScheme();
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const period = pointed && periods[pointed.place];

  // biome-ignore lint/correctness/useExhaustiveDependencies: the effect reads the colors again when the scheme changes
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
    const format = isUtc ? DAY_AXIS : CLOCK_AXIS;
    /** The place of a text on an axis: its width plus a gap, at least `least`, in pixels of the style sheet. */
    const widthOf = ({ ctx }: uPlot, texts: readonly string[], least: number) => {
      ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
      return Math.max(least, ...texts.map((text) => ctx.measureText(text).width / devicePixelRatio + 16));
    };
    const follow = (plot: uPlot) => {
      const { left = -1 } = plot.cursor;
      const place = Math.floor((plot.posToVal(left, "x") - (starts[0] ?? 0)) / length);
      setPointed(left >= 0 && periods[place] ? { place, isLeft: place * 2 < periods.length } : null);
    };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
        hooks: { setCursor: [follow] },
        // Half of the last label is beyond the last bar.
        padding: [12, 24, 0, 0],
        scales: {
          x: { range: () => [starts[0] ?? 0, (starts.at(-1) ?? 0) + length] },
          y: { range: (_, _least, most) => [0, Math.max(4, Math.ceil(most * 1.1))] },
        },
        tzDate: (seconds) => {
          const date = new Date(seconds * 1000);
          return isUtc ? uPlot.tzDate(date, "UTC") : date;
        },
        axes: [
          {
            ...axis,
            size: 34,
            space: (plot, _, first, last) =>
              widthOf(
                plot,
                [first, last].map((at) => format.format(at * 1000)),
                56,
              ),
            values: (_, ticks) => ticks.map((tick) => format.format(tick * 1000)),
          },
          {
            ...axis,
            size: (plot, values) => widthOf(plot, values ?? [], 32),
            values: (_, ticks) => ticks.map((tick) => compact.format(tick)),
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5],
          },
        ],
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
  }, [periods, roles.join(), isUtc, dark]);

  return (
    <div className="chart-frame">
      <div
        ref={host}
        className="chart"
        role="img"
        aria-label="Bar chart of issued tokens over time, by role. The table below has the numbers."
      />
      {period && pointed && (
        // The table below has the numbers for those who cannot point.
        <div aria-hidden className={`chart-label ${pointed.isLeft ? "right" : "left"}`}>
          <strong>{isUtc ? formatDay(period.startsAt) : formatInstant(period.startsAt)}</strong>
          {roles.map((role) => (
            <span key={role}>
              <span className={`swatch ${role.toLowerCase()}`} />
              {ROLES[role]} {countOf(period, role)}
            </span>
          ))}
        </div>
      )}
    </div>
  );
}

/** The color of a role in the current color scheme. */
function colourOf(role: Role): string {
  const swatch = document.querySelector(`.legend .${role.toLowerCase()}`);
  return swatch ? getComputedStyle(swatch).backgroundColor : "gray";
}

const SCHEME = matchMedia("(prefers-color-scheme: dark)");

function useDarkScheme(): boolean {
  return useSyncExternalStore(
    (follow) => {
      SCHEME.addEventListener("change", follow);
      return () => SCHEME.removeEventListener("change", follow);
    },
    () => SCHEME.matches,
  );
}
