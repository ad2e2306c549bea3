import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));
let output: string;

beforeAll(async () => {
  const env = { ...process.env, NODE_OPTIONS: "" };
  output = (await promisify(execFile)(process.execPath, [main], { env })).stdout;
}, 180_000);

it("prints what the README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, shown] = readme.match(/```text\n(.*?)```/s)!;
  expect(output).toContain(shown);
});

it("searches, best first", () => {
  expect(output).toContain("3456 short texts, each a vector of 768 numbers; engine: builtin");
  const found = hitsUnder('"Who mends boats?"');
  expect(found.every(({ text }) => text.includes("boats"))).toBe(true);
  expect(found.map(({ score }) => score)).toEqual(
    found.map(({ score }) => score).toSorted((a, b) => b - a),
  );
});

it("finds as many under a filter, all of which pass it", () => {
  for (const { text } of hitsUnder("The same, only texts about music")) {
    expect(text).toMatch(/violins|church bells|jazz records/);
  }
});

it("chooses texts about different things, the most relevant one first", () => {
  const diverse = hitsUnder("The same, but diverse (maximal marginal relevance)");
  expect(diverse[0]).toEqual(hitsUnder('"Who mends boats?"')[0]);
  expect(diverse.filter(({ text }) => text.includes("boats")).length).toBeLessThan(3);
});

it("shows what dimensions and presets cost", () => {
  const rows = [...output.matchAll(/^ {2}(\S.*?) {2,}(\d+\.\d\d) +(\d\.\d{3}) +(\d+\.\d)$/gm)];
  const table = Object.fromEntries(
    rows.map(([, name, , recall, size]) => [name, { recall: +recall!, size: +size! }]),
  );
  expect(Object.keys(table)).toEqual([
    "all 768 numbers",
    "only the first 256",
    "only the first 128",
    "search by 128, score by 768",
    'preset "balanced"',
    'preset "small"',
  ]);
  const {
    [Object.keys(table)[0]!]: all,
    "only the first 128": alone,
    "search by 128, score by 768": both,
  } = table;
  expect(all!.recall).toBe(1);
  expect(both!.recall).toBeGreaterThanOrEqual(alone!.recall);
  expect(both!.recall).toBeGreaterThan(0.9);
  expect(table['preset "small"']!.size).toBeLessThan(all!.size / 2);
});

/** The three lines under a heading. */
function hitsUnder(heading: string): { score: number; text: string }[] {
  const lines = output.split("\n");
  const found = lines.slice(lines.indexOf(heading) + 1).slice(0, 3);
  return found.map((line) => {
    const [, score, text] = line.match(/^ {2}(-?\d\.\d{4}) {2}(.*)$/)!;
    return { score: Number(score), text: text! };
  });
}
