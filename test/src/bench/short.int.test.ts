import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../bench/bench.mjs", import.meta.url));
const run = promisify(execFile);

let out: string;
let files: string[];
let printed: string;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "bench-short-"));
  ({ stdout: printed } = await run(process.execPath, [program, "short", `--out=${out}`]));
  files = await readdir(out);
}, 300_000);

afterAll(() => rm(out, { recursive: true, force: true }));

const read = (file: string) => readFile(join(out, file), "utf8");
const kinds = () => files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -5));

test("the short form runs every benchmark, and each writes its tables and figures", async () => {
  const bench = dirname(program);
  const all = (await readdir(bench)).filter((name) =>
    existsSync(join(bench, name, "benchmark.mjs")),
  );
  expect(all).toContain("embedding");
  expect(kinds().sort()).toEqual(all.sort());
  for (const kind of kinds()) expect(files).toContain(`${kind}.md`);
});

test("no contender of the short form fails, and all figures are finite", async () => {
  for (const kind of kinds()) {
    const { figures, machine, versions, commit, command } = JSON.parse(await read(`${kind}.json`));
    expect(command).toBe("npm run bench -- short");
    expect([machine.cpu, machine.node, commit].every(Boolean)).toBe(true);
    expect(Object.keys(versions).length, kind).toBeGreaterThan(0);
    expect(problemsOf(figures, kind)).toEqual([]);
  }
});

test("embedding is measured with all contenders that the workspace has", async () => {
  const { figures } = JSON.parse(await read("embedding.json"));
  for (const work of ["short", "mixed", "long", "queries", "vectors"]) {
    expect(figures[work].map(({ name }: { name: string }) => name)).toEqual([
      "Embedder",
      "Embedder, a call for each text",
      'Embedder, workers: "auto"',
      "Transformers.js, one padded batch",
      "Transformers.js, one by one",
    ]);
  }
  for (const { rate } of figures.mixed) expect(rate.median).toBeGreaterThan(0);
  // The launch post's script gives the same vectors, so everyone did the same work.
  for (const { min } of figures.vectors) expect(min).toBeGreaterThan(0.999);
});

test("no request to the server is lost", async () => {
  const { figures } = JSON.parse(await read("server.json"));
  expect(figures.load.map(({ name }: { name: string }) => name)).toEqual([
    "`Embedder`, in process",
    "`@embeddinggemma/server`",
  ]);
  for (const { lost } of figures.load) expect(lost).toBe(0);
});

test("adapters are trained, and documents are ranked", async () => {
  const { figures } = JSON.parse(await read("tune.json"));
  const names = (rows: { name: string }[]) => rows.map(({ name }) => name);
  expect(names(figures.training)).toEqual(["`tune`, full matrix", "`tune`, rank 8"]);
  for (const { steps, before, after } of figures.training) {
    expect(steps).toBe(25);
    expect(after).toBeGreaterThan(before);
  }
  expect(names(figures.evaluation)).toEqual(["`evaluateRetrieval`"]);
});

test("tables are printed as they are written, each row with all columns", async () => {
  for (const kind of kinds()) {
    const text = await read(`${kind}.md`);
    const tables = text.split("\n\n").filter((block) => block.startsWith("|"));
    expect(tables.length, kind).toBeGreaterThan(0);
    for (const table of tables) {
      expect(printed).toContain(table);
      const widths = table.split("\n").map((row) => row.split(/(?<!\\)\|/).length);
      expect(new Set(widths).size, table).toBe(1);
      expect(widths.length).toBeGreaterThan(2);
    }
  }
});

test("charts are SVG with a title, in colours for light and dark pages", async () => {
  const charts = files.filter((file) => file.endsWith(".svg"));
  expect(charts).toContain("embedding-mixed.svg");
  for (const chart of charts) {
    const svg = await read(chart);
    expect(svg).toMatch(/^<svg [^>]*role="img"><title>[^<]+<\/title><style>@media \(prefers-color/);
    expect(svg.trimEnd().endsWith("</svg>")).toBe(true);
    expect(svg, chart).not.toMatch(/NaN|undefined|Infinity/);
  }
});

test("a wrong name or option is refused, with a list of what there is", async () => {
  const refused = async (...args: string[]) => {
    const error = await run(process.execPath, [program, ...args]).catch((error) => error);
    expect(error.code).toBe(2);
    return error.stderr;
  };
  const name = await refused("speed");
  expect(name).toContain('There is no benchmark "speed".');
  expect(name).toMatch(/^ {2}embedding /m);
  const option = await refused("embedding", "--repeat=3");
  expect(option).toContain("Unknown option '--repeat'");
  expect(option).toContain("--repeats=3");
  expect(await refused("embedding", "--repeats=many")).toContain('Given: "many"');
});

/** Errors, and numbers that JSON has as null since they are not finite. */
function problemsOf(value: unknown, path: string): string[] {
  if (value === null) return [`${path} is not finite`];
  if (typeof value !== "object") return [];
  return Object.entries(value as object).flatMap(([key, inner]) =>
    key === "error" ? [`${path}: ${inner}`] : problemsOf(inner, `${path}.${key}`),
  );
}
