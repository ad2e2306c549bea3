/**
 * Prints which tests of the last `npm test` failed and how many ran, in all workspaces: what vitest
 * reports in the logs that turbo keeps.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ["test", ...children("packages"), ...children("examples")];
const logs = folders
  .map((folder) => join(root, folder, ".turbo", "turbo-test.log"))
  .filter((log) => existsSync(log));
const counts = { passed: 0, failed: 0, skipped: 0 };

for (const log of logs) {
  const text = stripVTControlCharacters(readFileSync(log, "utf8"));
  // From "⎯ Failed Tests 2 ⎯" to "⎯[2/2]⎯"
  const failures = text.match(/^.*⎯ Failed (?:Tests|Suites) \d+ ⎯[\s\S]*⎯\[\d+\/\d+\]⎯$/m);
  if (failures) console.log(`\n${log}\n${failures[0]}\n`);
  // Tests  1 failed | 12 passed | 2 skipped (15)
  const summary = text.match(/^.*\bTests {2}(.*)\(\d+\)\s*$/m);
  if (!summary) console.log(`no test result in ${log}`);
  for (const [, count, outcome] of summary?.[1].matchAll(/(\d+) (passed|failed|skipped)/g) ?? [])
    counts[outcome] += Number(count);
}

const skipped = counts.skipped ? `, ${counts.skipped} skipped` : "";
console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
if (counts.passed === 0) process.exitCode = 1;

function children(folder) {
  return readdirSync(join(root, folder)).map((name) => join(folder, name));
}
