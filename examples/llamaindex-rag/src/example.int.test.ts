import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

async function run(environment: Record<string, string> = {}, ...args: string[]): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: "", ...environment };
  return (await promisify(execFile)(process.execPath, [main, ...args], { env })).stdout;
}

it("prints what the README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, shown] = readme.match(/```text\n(.*?)```/s)!;
  expect(await run()).toContain(shown);
}, 120_000);

it("answers from the right file, with its sources", async () => {
  const output = await run();
  expect(output).toMatch(/^Indexed 3 files in \d+ nodes\.$/m);
  expect(output).toMatch(
    /^Answer: The ferry sails at seven, .* and at eight and four in winter\.$/m,
  );
  expect(output).toMatch(/Sources:\n {2}0\.\d{4} {2}ferry\.md\n {2}0\.\d{4} {2}\w+\.md\n/);
}, 120_000);

it("answers another question from another file", async () => {
  const output = await run({ QUESTION: "How far away can the light of the lighthouse be seen?" });
  expect(output).toMatch(/^Answer: Its light can be seen for twenty-two miles\.$/m);
  expect(output).toMatch(/Sources:\n {2}0\.\d{4} {2}lighthouse\.md\n/);
}, 120_000);

it("says that a folder has nothing to index", async () => {
  const source = fileURLToPath(new URL(".", import.meta.url));
  await expect(run({}, source)).rejects.toMatchObject({
    stderr: expect.stringContaining(`The folder ${source} has no Markdown files (.md).`),
  });
}, 120_000);
