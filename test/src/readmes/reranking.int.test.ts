import { join } from "node:path";
import { env } from "@huggingface/transformers";
import { expect, it, vi } from "vitest";
import { expectPrintedOutput, folder, printed, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";
import { writeWordOverlapModel } from "./word-overlap-model.ts";

vi.setConfig({ testTimeout: 120_000 });

const page = "docs/recipes/reranking.md";
const models = join(folder, "models");
await writeWordOverlapModel(join(models, "Xenova/ms-marco-MiniLM-L-6-v2"));
Object.assign(env, { localModelPath: models, allowRemoteModels: false });

it("scores candidates with the full vectors", async () => {
  await runPage(page, { programs: ["full.ts"] });
  await expectPrintedOutput(page);
});

it("reads question and text together", async () => {
  const { fit } = await runPage(page, { programs: ["cross-encoder.ts"] });
  const scores = await fit("the red planet", ["the planet Mars", "the red planet", "gas"]);
  expect(scores).toHaveLength(3);
  expect(scores[1]).toBeGreaterThan(scores[0]);
  expect(scores[0]).toBeGreaterThan(scores[2]);
});

it.each(["langchain.ts", "llamaindex.ts"])("reranks what was found, %s", async (program) => {
  await runPage(page, { programs: [program] });
  const lines = printed().split("\n");
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe("Mars is often called the Red Planet.");
});

runsAllCodeOf("docs/recipes/reranking.md");
