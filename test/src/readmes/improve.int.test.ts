import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { fewQuestions } from "./few-questions.ts";
import { expectPrintedOutput, log, printed, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

vi.setConfig({ testTimeout: 240_000 });

const fixtures = join(import.meta.dirname, "../../fixtures");
const data = join(import.meta.dirname, "../../../examples/tuning/data");

it.each([
  ["Are 128 numbers enough?", "dimensions.ts"],
  ["Is my retriever better?", "retrievers.ts"],
])("docs/improve/evaluate.md, %s", async (section, program) => {
  const page = "docs/improve/evaluate.md";
  await runPage(page, { programs: [program], files: { "examples/tuning/data": data } });
  await expectPrintedOutput(page, section);
});

it("docs/improve/evaluate.md, Is a smaller file enough?", async () => {
  await runPage("docs/improve/evaluate.md", {
    programs: ["files.ts"],
    files: {
      "examples/tuning/data": await fewQuestions({ test: 10 }),
      "embeddinggemma-300m-onnx": join(fixtures, "embeddinggemma"),
      "embeddinggemma-300m-onnx/onnx/model_q4.onnx": join(
        fixtures,
        "graphs/embeddinggemma-q4.onnx",
      ),
    },
  });
  expect(printed()).toMatch(/^q4 instead of fp32: -?0\.\d{3} \[ .* \]$/);
});

it("docs/improve/tune.md, with a few questions", async () => {
  const few = await fewQuestions({ train: 24, validation: 8, test: 8 });
  const files = { "examples/tuning/data": few };
  const { pairs } = await runPage("docs/improve/tune.md", { files });
  expect(pairs).toHaveLength(21); // three of the judgments are of second answers
  expect(printed()).toMatch(/\| embedder \| +768 \| +0\.\d{4} \|/);
  const ends = [expect.any(Number), expect.any(Number)];
  const difference = expect.objectContaining({ metric: "ndcg@10", interval: ends });
  expect(log.mock.calls.at(-1)).toEqual([expect.any(Boolean), difference]);
});

runsAllCodeOf("docs/improve/evaluate.md", "docs/improve/tune.md");
