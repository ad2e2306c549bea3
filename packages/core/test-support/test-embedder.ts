import { Embedder } from "../src/embedder.ts";
import type { ModelDescription } from "../src/model/description.ts";
import type { EncodeDefaults } from "../src/options.ts";
import type { Backend, Batch } from "../src/runtime/backend.ts";

/** Special tokens of {@link testBackend}. */
export const bos = 1;
export const eos = 2;

/**
 * A backend with one token per character. A vector contains what the model received: the number of
 * tokens, their sum, the first and the last token of the text.
 */
export function testBackend(overrides: Partial<Backend> = {}): Backend & { batches: Batch[] } {
  const batches: Batch[] = [];
  const encode = (text: string) => Array.from(text, (character) => 10 + character.codePointAt(0)!);
  return {
    batches,
    tokenizer: { encode, decode: (ids) => String.fromCodePoint(...ids.map((id) => id - 10)) },
    specialTokens: { prefix: [bos], suffix: [eos] },
    padding: { id: 0, side: "right" },
    tokenize: async (texts) => texts.map(encode),
    async run(batch) {
      batches.push(batch);
      const rows = Array.from({ length: batch.rows }, (_, row) => {
        const cells = [
          ...batch.inputIds.subarray(row * batch.length, (row + 1) * batch.length),
        ].map(Number);
        const ids = cells.filter(
          (_id, index) => batch.attentionMask[row * batch.length + index] === 1n,
        );
        return [ids.length, ids.reduce((sum, id) => sum + id), ids[1] ?? 0, ids.at(-2) ?? 0];
      });
      return { sentenceEmbedding: Float32Array.from(rows.flat()) };
    },
    dispose: async () => {},
    ...overrides,
  };
}

export const testDescription: ModelDescription = {
  prompts: { query: "q:", document: "title: none | text: ", STS: "s:" },
  defaultPromptName: null,
  similarityFunction: "cosine",
  maxTokens: 30,
  pooling: ["mean"],
  includePrompt: true,
  denseLayers: 0,
  normalized: false,
  dimension: 4,
  matryoshkaDimensions: [4, 2],
  selfCheck: null,
  family: null,
};

export function testEmbedder(
  backend: Backend = testBackend(),
  options: EncodeDefaults = { normalize: false },
  overrides: Partial<ModelDescription> = {},
): Embedder {
  const description = { ...testDescription, ...overrides };
  return Embedder.from({ model: "test", backend, description, ...options });
}
