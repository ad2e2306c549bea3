import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

it("embeds only what has changed", async () => {
  const env = { ...process.env, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
  expect(stdout).toContain("The first time, everything is new: 3 embedded, 3 added, 0 skipped, 0 deleted");
  expect(stdout).toContain("Nothing has changed: 0 embedded, 0 added, 3 skipped, 0 deleted");
  expect(stdout).toContain("bread.txt was edited: 1 embedded, 1 added, 2 skipped, 1 deleted");
  expect(stdout).toContain("cheese.txt was deleted: 0 embedded, 0 added, 2 skipped, 1 deleted");
  expect(stdout).toContain("How long is rye bread baked? Rye bread needs a sourdough. It is baked for ninety minutes");
}, 120_000);
