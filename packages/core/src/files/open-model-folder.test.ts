import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openModelFolder } from "./open-model-folder.ts";

const id = "onnx-community/embeddinggemma-300m-ONNX";

it.each([
  [`https://huggingface.co/${id}`, `Pass the id in this URL: "${id}".`],
  [`https://huggingface.co/${id}/tree/main/onnx`, `Pass the id in this URL: "${id}".`],
  [`http://hf.co/${id}?library=transformers.js`, `Pass the id in this URL: "${id}".`],
  ["https://huggingface.co/models", "download it first"],
  ["https://huggingface.co/models?search=a/b", "download it first"],
  [`https://example.com/${id}`, "download it first"],
  [fileURLToPath(import.meta.url), "It is a file. Pass the folder of its model"],
])("a model given as %s", async (model, message) => {
  await expect(openModelFolder(model, {})).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
    message: expect.stringContaining(message),
  });
});
