/**
 * Prints how many tests the last `npm test` ran in all workspaces. Adds up vitest's own counts from
 * the logs that turbo keeps.
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
  // Tests  1 failed | 12 passed | 2 skipped (15)
  const summary = stripVTControlCharacters(readFileSync(log, "utf8")).match(
    /^.*\bTests {2}(.*)\(\d+\)\s*$/m,
  );
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
