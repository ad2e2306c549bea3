/**
 * Runs a benchmark: npm run bench -- <name> [folder of a model] [options]
 *
 * A benchmark is a folder with `benchmark.mjs`, which exports
 *
 * - `summary`: one line for the help,
 * - `options`: see `readOptions` in report/options.mjs; `short` is the value in the short form,
 * - `run({ options, report, short, log })`: measures, and gives tables, figures and charts to
 *   `report`. With `short`, it takes seconds, the tiny model, and no peers but the workspace's.
 */
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { commonOptions, helpOf, readOptions, UsageError } from "./report/options.mjs";
import { Report } from "./report/report.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const names = ["embedding", "search", "adapters", "growth", "files", "server", "tune"].filter(
  (name) => existsSync(join(here, name, "benchmark.mjs")),
);
const shortSummary = "all of them on the tiny model, under a minute";

const [name, ...args] = process.argv.slice(2);
try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function main() {
  if (name === undefined || name === "--help") return console.log(await usage());
  if (name === "short") return runShort();
  if (!names.includes(name)) {
    throw new UsageError(`There is no benchmark "${name}".\n\n${await usage()}`);
  }
  const benchmark = await load(name);
  const options = readOptions(name, args, benchmark.options);
  if (options.help) {
    const help = helpOf({ ...benchmark.options, ...commonOptions });
    return console.log(`${benchmark.summary}\n\nnpm run bench -- ${name} [folder]\n\n${help}`);
  }
  await runOne(name, benchmark, options, { short: false });
}

async function runShort() {
  const given = readOptions("short", args, {});
  if (given.help) return console.log(`${shortSummary}\n\n${helpOf(commonOptions)}`);
  for (const name of names) {
    const benchmark = await load(name);
    const options = readOptions(name, [], benchmark.options, { short: true });
    await runOne(name, benchmark, { ...options, out: given.out }, { short: true });
  }
}

async function runOne(name, benchmark, options, { short }) {
  const words = short ? ["short"] : [name, ...args];
  const report = new Report(name, `npm run bench -- ${words.join(" ")}`);
  console.log(`\n## ${benchmark.summary}`);
  await benchmark.run({ options, report, short, log: console.error });
  const files = report.write(resolve(options.out ?? join(here, "results")));
  if (options.docs) {
    const charts = join(here, "../../docs/charts");
    mkdirSync(charts, { recursive: true });
    for (const file of files.filter((file) => file.endsWith(".svg")))
      copyFileSync(file, join(charts, basename(file)));
  }
  console.error(`Written: ${files.map((file) => relative(process.cwd(), file)).join(", ")}`);
}

function load(name) {
  return import(new URL(`${name}/benchmark.mjs`, import.meta.url).href);
}

async function usage() {
  const lines = [];
  for (const name of names) lines.push(`  ${name.padEnd(10)} ${(await load(name)).summary}`);
  return [
    "npm run bench -- <name> [folder of a model] [options]",
    "",
    ...lines,
    `  ${"short".padEnd(10)} ${shortSummary}`,
    "",
    "npm run bench -- <name> --help lists the options of one.",
  ].join("\n");
}
