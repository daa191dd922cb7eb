/** The chart of the requests per second, as an SVG. */
import * as echarts from "echarts";

const WIDTH = 800;
const BAR_HEIGHT = 44;
const OURS = "#1d4ed8";
const OTHERS = "#6b7280";
const TEXT = "#111827";

/** Bars of shares by name, the longest first. Names that begin with `ours` stand out. The title repeats the data for screen readers. */
export function chartOf(shares, ours) {
  const bars = Object.entries(shares).sort(([, a], [, b]) => a - b);
  const chart = echarts.init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height: 110 + BAR_HEIGHT * bars.length,
  });
  const title = "generateToken: requests per second on one core";
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: "sans-serif", color: TEXT },
    title: {
      text: title,
      subtext: "relative to a bare node:http server that signs the same tokens (1.00)",
      left: 16,
      top: 12,
      textStyle: { fontSize: 18, color: TEXT },
      subtextStyle: { fontSize: 14, color: "#374151" },
    },
    grid: { left: 290, right: 60, top: 76, bottom: 16 },
    xAxis: { type: "value", min: 0, show: false },
    yAxis: {
      type: "category",
      data: bars.map(([name]) => name),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { fontSize: 14, color: TEXT },
    },
    series: [
      {
        type: "bar",
        barWidth: "62%",
        label: {
          show: true,
          position: "right",
          fontSize: 14,
          color: TEXT,
          formatter: ({ value }) => value.toFixed(2),
        },
        data: bars.map(([name, value]) => ({
          value,
          itemStyle: { color: name.startsWith(ours) ? OURS : OTHERS },
        })),
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const said = bars.reverse().map(([name, value]) => `${name} ${value.toFixed(2)}`);
  return svg.replace(/>/, ` role="img"><title>${title}: ${said.join(", ")}</title>`);
}
