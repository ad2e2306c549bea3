import { expect, onTestFinished, test, vi } from "vitest";
import { warnOfMissingPrompts } from "./missing-prompts.ts";

test("says once for a model that its prompts are missing, and how the server answered", () => {
  const emit = vi.spyOn(process, "emitWarning").mockReturnValue();
  onTestFinished(() => emit.mockRestore());
  const folder = { whyMissing: (name: string) => `The server answered /m/${name} with 404.` };
  for (const model of ["a", "a", "b"]) warnOfMissingPrompts(model, folder);
  warnOfMissingPrompts("c", {});
  const message =
    "has no config_sentence_transformers.json, so its texts are embedded without prompts. " +
    "Models of its architecture are trained with prompts: without them, scores are worse. Copy " +
    "the file from the original repository, or set the option `prompts`, to {} if there are none.";
  const answer = "The server answered /m/config_sentence_transformers.json with 404.";
  expect(emit.mock.calls).toEqual(
    [`"a" ${message} ${answer}`, `"b" ${message} ${answer}`, `"c" ${message}`].map((text) => [
      text,
      { type: "EmbeddingGemmaWarning", code: "EMBEDDINGGEMMA_NO_PROMPTS" },
    ]),
  );
});
