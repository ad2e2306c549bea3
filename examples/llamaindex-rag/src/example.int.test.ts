import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

async function run(environment: Record<string, string> = {}): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: "", ...environment };
  return (await promisify(execFile)(process.execPath, [main], { env })).stdout;
}

it("answers from the right file, with its sources", async () => {
  const output = await run();
  expect(output).toMatch(/^Indexed 3 files in \d+ nodes\.$/m);
  expect(output).toMatch(
    /^Answer: The ferry sails at seven, .* and at eight and four in winter\.$/m,
  );
  expect(output).toMatch(/Sources:\n {2}0\.\d{4} {2}ferry\.md\n {2}0\.\d{4} {2}\w+\.md\n/);
}, 120_000);

it("answers another question from another file", async () => {
  const output = await run({ QUESTION: "How far is the light of the lighthouse seen?" });
  expect(output).toMatch(/^Answer: .*(?:lighthouse|light is seen)/m);
  expect(output).toMatch(/Sources:\n {2}0\.\d{4} {2}lighthouse\.md\n/);
}, 120_000);
