import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

it("searches the manual with the tool, and answers from it", async () => {
  const env = { ...process.env, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
  expect(stdout).toContain("ai calls search_manual(");
  expect(stdout).toContain("tool: Kettle: a red blinking lamp means that there is no water.");
  expect(stdout).toContain("ai: The manual says: Kettle: a red blinking lamp");
}, 120_000);
