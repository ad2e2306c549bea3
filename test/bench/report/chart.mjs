import { init } from "echarts";

/**
 * Charts as SVG. A file has the colours of a light page and, for readers who prefer a dark one, a
 * style that replaces them.
 */
const light = {
  paper: "#ffffff",
  ink: "#1f2328",
  faint: "#59636e",
  grid: "#d1d9e0",
  ours: "#0969da",
  other: "#8c959f",
  series: ["#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#9a6700", "#57606a", "#0a7ea4"],
};
const dark = {
  paper: "#0d1117",
  ink: "#f0f6fc",
  faint: "#9198a1",
  grid: "#3d444d",
  ours: "#4493f8",
  other: "#6e7681",
  series: ["#4493f8", "#f0883e", "#3fb950", "#ab7df8", "#f778ba", "#d29922", "#9198a2", "#39c5cf"],
};
const font = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";
const width = 760;

/**
 * Horizontal bars in the given order, each with its value; ours stand out.
 *
 * @param title - says what is measured, and what is better
 * @param unit - title of the axis
 * @param bars - `{ name, value, low?, high?, ours? }`; `low` and `high` are drawn as a whisker. A
 * bar without a value is named with its `note`
 * @param log - a logarithmic axis
 * @param format - writes a value
 */
export function barChart({ title, subtitle, unit, bars, log = false, format = shortNumber }) {
  const height = 118 + bars.length * 30;
  const longest = Math.max(...bars.map(({ name }) => name.length));
  const values = bars.map(({ value }) => value).filter((value) => value > 0);
  const whiskers = bars.flatMap(({ low, high }, row) =>
    low === undefined ? [] : [{ value: [row, low, high] }],
  );
  return draw(height, {
    title: titleOf(title, subtitle),
    grid: { left: 24 + longest * 7, right: 84, top: 64, bottom: 44 },
    xAxis: {
      ...axis(unit),
      type: log ? "log" : "value",
      ...(log && { min: 10 ** Math.floor(Math.log10(Math.min(...values))) }),
      splitLine: { lineStyle: { color: light.grid } },
    },
    yAxis: {
      ...axis(),
      type: "category",
      inverse: true,
      data: bars.map(({ name }) => name),
      axisLabel: { color: light.ink, fontFamily: font, fontSize: 13 },
      axisLine: { lineStyle: { color: light.faint } },
      axisTick: { show: false },
    },
    series: [
      {
        type: "bar",
        barWidth: 18,
        data: bars.map(({ value, ours }) => ({
          value: value ?? 0,
          itemStyle: { color: ours ? light.ours : light.other },
        })),
      },
      {
        type: "scatter", // Only its labels are seen: beside the whisker, or where the bar would be.
        symbolSize: 0,
        data: bars.map(({ value, high, note }, row) => ({
          value: [Math.max(value ?? 0, high ?? 0), row],
          label: { formatter: value === undefined ? (note ?? "") : format(value) },
        })),
        label: { show: true, position: "right", distance: 8, ...label(13) },
      },
      { type: "custom", silent: true, data: whiskers, z: 3, renderItem: whisker },
    ],
  });
}

/**
 * Lines with a name at the end of each.
 *
 * @param title - says what is measured, and what is better
 * @param x - `{ name, log?, min? }`: title of the axis with its unit, and where it starts
 * @param y - the same
 * @param series - `{ name, points: [x, y][], ours? }`
 */
export function lineChart({ title, subtitle, x, y, series, format = shortNumber }) {
  const longest = Math.max(...series.map(({ name }) => name.length));
  return draw(420, {
    title: titleOf(title, subtitle),
    grid: { left: 58, right: 24 + longest * 7, top: 72, bottom: 56 },
    xAxis: { ...numeric(x, series, 0, format), nameGap: 30 },
    yAxis: { ...numeric(y, series, 1, format), nameGap: 44, nameLocation: "middle" },
    series: series.map(({ name, points, ours }, index) => {
      const color = light.series[index % light.series.length];
      return {
        type: "line",
        name,
        data: points,
        symbol: "circle",
        symbolSize: 6,
        itemStyle: { color },
        lineStyle: { color, width: ours ? 3 : 1.75 },
        endLabel: { show: true, formatter: name, distance: 8, fontFamily: font, color },
        labelLayout: { moveOverlap: "shiftY" },
      };
    }),
  });
}

/** 26,291 → "26,291"; 0.01234 → "0.0123". */
export function shortNumber(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : undefined;
  return digits === undefined
    ? String(Number(value.toPrecision(3)))
    : value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

function draw(height, options) {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  chart.setOption({
    animation: false,
    backgroundColor: light.paper,
    textStyle: { fontFamily: font },
    ...options,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${withDarkColours(named(svg, options.title.text))}\n`;
}

function named(svg, title) {
  const text = title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return svg.replace(/^<svg([^>]*)>/, `<svg$1 role="img"><title>${text}</title>`);
}

/** A rule of CSS is stronger than an attribute, and the page's attributes are those of `light`. */
function withDarkColours(svg) {
  const rules = ["paper", "ink", "faint", "grid", "ours", "other"]
    .map((name) => [light[name], dark[name]])
    .concat(light.series.map((color, index) => [color, dark.series[index]]))
    .flatMap(([from, to]) => ["fill", "stroke"].map((a) => `[${a}="${from}"]{${a}:${to}}`));
  const unique = [...new Set(rules)].join("");
  const style = `<style>@media (prefers-color-scheme:dark){${unique}}</style>`;
  return svg.replace("</title>", `</title>${style}`);
}

function whisker(_, api) {
  const [row, low, high] = [0, 1, 2].map((index) => api.value(index));
  const [from, to] = [api.coord([low, row]), api.coord([high, row])];
  const line = (x1, y1, x2, y2) => ({
    type: "line",
    shape: { x1, y1, x2, y2 },
    style: { stroke: light.ink, lineWidth: 1.25 },
  });
  const children = [line(from[0], from[1], to[0], to[1])];
  for (const [x, y] of [from, to]) children.push(line(x, y - 4, x, y + 4));
  return { type: "group", children };
}

function titleOf(text, subtext) {
  return {
    text,
    subtext,
    left: 12,
    top: 10,
    textStyle: { fontSize: 16, fontWeight: 600, color: light.ink, fontFamily: font },
    subtextStyle: { fontSize: 12, color: light.faint, fontFamily: font },
  };
}

function axis(name) {
  return {
    name,
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: light.faint, fontFamily: font, fontSize: 12 },
    axisLabel: { color: light.faint, fontFamily: font, fontSize: 11 },
    axisLine: { show: true, lineStyle: { color: light.faint } },
  };
}

function numeric({ name, log, min }, series, index, format) {
  const values = series.flatMap(({ points }) => points.map((point) => point[index]));
  const base = axis(name);
  return {
    ...base,
    type: log ? "log" : "value",
    ...(min !== undefined && { min }),
    ...(log && { min: 10 ** Math.floor(Math.log10(Math.min(...values))) }),
    axisLabel: { ...base.axisLabel, formatter: format },
    splitLine: { lineStyle: { color: light.grid } },
  };
}

function label(fontSize) {
  return { color: light.ink, fontFamily: font, fontSize };
}
