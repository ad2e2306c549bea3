import { Settings } from "@llamaindex/core/global";
import { expect, it } from "vitest";
import { noEmbedModel, withEmbedModel } from "./embed-model.ts";
import { EmbeddingGemmaEmbedding } from "./embedding.ts";
import { FaissVectorStore } from "./faiss-vector-store.ts";

it("names Settings.embedModel and the copy that is used if no model is set", () => {
  Settings.embedModel = undefined as never; // Other files share the process, and set it.
  expect(() => new FaissVectorStore()).toThrow(
    expect.objectContaining({
      name: "FaissStoreError",
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(
        /^FaissVectorStore has no embedding model\. Set `Settings\.embedModel.*in .*core\. In a /,
      ),
    }),
  );
});

it("names all copies of LlamaIndex's core, its own first", () => {
  const { code, message, details } = noEmbedModel(["/app/a/core", "/app/b/core"]);
  expect(code).toBe("INVALID_ARGUMENT");
  expect(details.paths).toEqual(["/app/a/core", "/app/b/core"]);
  expect(message).toContain(
    "Two copies of @llamaindex/core are installed, and each has its own Settings. This package " +
      "uses /app/a/core, but your application uses /app/b/core. `npm ls @llamaindex/core`",
  );
  expect(message).not.toContain("Settings.embedModel");
});

it("gives the model under the old name too, and needs no Settings for it", () => {
  const embedModel = new EmbeddingGemmaEmbedding();
  const both = { embedModel, embeddingModel: embedModel };
  expect(withEmbedModel({ embedModel })).toEqual(both);
  expect(withEmbedModel({ embeddingModel: embedModel })).toEqual(both);
  Settings.embedModel = embedModel;
  expect(withEmbedModel({})).toEqual(both);
  expect(withEmbedModel(null)).toEqual(both);
});
