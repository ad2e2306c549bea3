import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

it("answers from the right file, with its sources", async () => {
  const env = { ...process.env, NODE_OPTIONS: "" };
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
  expect(stdout).toMatch(/Indexed \d+ nodes of 3 files/);
  expect(stdout).toContain("Answer: The ferry sails at seven, ten, one and five o'clock");
  expect(stdout).toMatch(/Sources:\n {2}0\.\d{4} {2}ferry\.md/);
}, 120_000);
