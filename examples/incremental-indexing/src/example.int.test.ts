import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

it("embeds only what has changed", async () => {
  const env = { ...process.env, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
  const rows = [...stdout.matchAll(/^ {2}(\S.*?) {2,}(\d+) +(\d+) +(\d+) +(\d+)$/gm)];
  expect(rows.map(([, what, ...counts]) => [what, ...counts.map(Number)])).toEqual([
    // embedded, added, skipped, deleted
    ["three new files", 3, 3, 0, 0],
    ["nothing has changed", 0, 0, 3, 0],
    ["bread.txt was edited", 1, 1, 2, 1],
    ["cheese.txt was deleted", 0, 0, 2, 1],
  ]);
  expect(stdout).toContain("  bread.txt: Rye bread needs a sourdough. It is baked for ninety minutes");
}, 120_000);
