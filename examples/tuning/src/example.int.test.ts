import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Adapter } from "@embeddinggemma/core";
import { afterAll, beforeAll, expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));
let folder: string;
let output: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tuning-"));
  const env = { ...process.env, NODE_OPTIONS: "" };
  output = (await promisify(execFile)(process.execPath, [main, folder], { env })).stdout;
}, 300_000);

afterAll(() => rm(folder, { recursive: true }));

it("prints what the README shows, apart from what was trained", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, shown] = readme.match(/```text\n(.*?)```/s)!;
  const untuned = shown!.split("\n").filter((line) => /^\| (?:system|untuned) /.test(line));
  expect(untuned).toHaveLength(3);
  for (const line of untuned) expect(output).toContain(line);
});

it("finds more in the test questions after tuning, and says so", () => {
  const [, before, after, difference, low, high, verdict] = output.match(
    /^ {2}all \(192\) +([\d.]+) → ([\d.]+) +(\S+) +(\S+) to (\S+) +[\d.]+ +(.+)$/m,
  )!;
  expect(Number(after) - Number(before)).toBeGreaterThan(0.03);
  expect(number(difference!)).toBeCloseTo(Number(after) - Number(before), 3);
  expect(number(low!)).toBeLessThan(number(difference!));
  expect(number(high!)).toBeGreaterThan(number(difference!));
  expect(verdict).toBe(number(low!) > 0 ? "better" : "may be chance");
});

it("finds the same through LangChain and LlamaIndex, with the same stores", () => {
  const rows = output.matchAll(/^\| (\S+), (untuned|tuned) +\| +(.*) \|$/gm);
  const figures = Array.from(rows, ([, framework, which, row]) => [`${framework} ${which}`, row]);
  const table = Object.fromEntries(figures);
  expect(Object.keys(table)).toHaveLength(4);
  for (const which of ["untuned", "tuned"]) {
    expect(table[`LangChain ${which}`]).toBe(table[`LlamaIndex ${which}`]);
    const alone = output.match(new RegExp(`^\\| ${which} +\\| +768 \\| +([\\d.]+) `, "m"))!;
    expect(table[`LangChain ${which}`]!.startsWith(alone[1]!)).toBe(true);
  }
});

it("saves an adapter for queries", async () => {
  const adapter = await Adapter.load(folder);
  expect(adapter).toMatchObject({ sides: "query", dimension: 768 });
});

function number(text: string): number {
  return Number(text.replace("−", "-"));
}
