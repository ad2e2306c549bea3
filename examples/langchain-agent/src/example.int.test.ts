import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const main = fileURLToPath(new URL("main.mjs", import.meta.url));

async function linesOf(question: string): Promise<string[]> {
  const env = { ...process.env, NODE_OPTIONS: "", CHAT_MODEL: "", QUESTION: question };
  const { stdout } = await promisify(execFile)(process.execPath, [main], { env });
  return stdout.split("\n").filter(Boolean);
}

it.each([
  [
    "The lamp of the kettle blinks red. What does it mean?",
    "Kettle",
    "a red blinking lamp means that there is no water.",
  ],
  [
    "How do I empty the crumbs from the toaster?",
    "Toaster",
    "the crumb tray is pulled out at the back.",
  ],
])(
  "looks %s up with the tool, and answers from what it found",
  async (question, device, advice) => {
    expect(await linesOf(question)).toEqual([
      `Question: ${question}`,
      `The agent calls search_manual(${JSON.stringify({ query: question })})`,
      expect.stringMatching(`^The tool returns: ${device}: ${advice}`),
      expect.stringMatching(`^The agent answers: According to the manual, ${advice}`),
    ]);
  },
  120_000,
);

it("prints what the README shows", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const shown = readme
    .match(/```text\n(.*?)```/s)![1]!
    .split("\n")
    .filter(Boolean);
  expect(await linesOf("")).toEqual(shown);
}, 120_000);

it("takes the model that the environment names", async () => {
  const env = { ...process.env, NODE_OPTIONS: "", EMBEDDINGGEMMA_MODEL: "./no/such/model" };
  await expect(promisify(execFile)(process.execPath, [main], { env })).rejects.toThrow(
    "no/such/model",
  );
}, 60_000);
