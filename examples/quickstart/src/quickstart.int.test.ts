import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

/** The example as a user runs it, on the packages as they are built. */
async function run(environment: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [main], {
    env: { ...process.env, NODE_OPTIONS: "", ...environment },
  });
  return stdout;
}

it("prints what the README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, shown] = readme.match(/```text\n(.*?)```/s)!;
  expect(await run()).toContain(shown);
}, 120_000);

it("ranks Mars first in both frameworks and dimensions, also after reopening", async () => {
  const output = await run();
  for (const framework of ["LangChain.js", "LlamaIndex.TS"]) {
    for (const dimension of [768, 256]) {
      expect(firstOf(output, `${framework}, ${dimension} dimensions`)).toMatch(
        /0\.\d{4} {2}Mars, known for its reddish/,
      );
    }
    expect(firstOf(output, `${framework}, only events after 2000`)).toMatch(/\(20\d\d\)$/);
  }
  expect(output.match(/Saved and opened again: the same results/g)).toHaveLength(2);
}, 120_000);

it("says what is wrong with a model that is not there", async () => {
  const failure = await run({ EMBEDDINGGEMMA_MODEL: "./no/such/model", HF_HUB_OFFLINE: "1" }).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining("MODEL_NOT_FOUND") });
}, 60_000);

function firstOf(output: string, heading: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  return lines[lines.indexOf(heading) + 1]!;
}
