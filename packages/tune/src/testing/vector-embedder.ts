import {
  type Backend,
  Embedder,
  type EncodeDefaults,
  type ModelDescription,
} from "@embeddinggemma/core";

/**
 * An embedder that knows the vectors of its texts, with their prompts.
 *
 * @returns the embedder, and the list of texts that it has embedded
 */
export function vectorEmbedder(
  vectors: Readonly<Record<string, readonly number[]>>,
  {
    description = {},
    ...options
  }: EncodeDefaults & { description?: Partial<ModelDescription> } = {},
): { readonly embedder: Embedder; readonly embedded: string[] } {
  const texts = Object.keys(vectors);
  const dimension = Object.values(vectors)[0]!.length;
  const embedded: string[] = [];
  const tokens = (text: string) => {
    if (!Object.hasOwn(vectors, text)) throw new Error(`There is no vector for ${text}.`);
    return [texts.indexOf(text)];
  };
  const backend: Backend = {
    tokenizer: { encode: tokens, decode: ([id]) => texts[id!]! },
    specialTokens: { prefix: [], suffix: [] },
    padding: { id: 0, side: "right" },
    tokenize: async (all) => all.map(tokens),
    async run({ inputIds }) {
      const found = Array.from(inputIds, (id) => texts[Number(id)]!);
      embedded.push(...found);
      return { sentenceEmbedding: Float32Array.from(found.flatMap((text) => vectors[text]!)) };
    },
    dispose: async () => {},
  };
  const embedder = Embedder.from({
    model: "vectors",
    backend,
    description: {
      prompts: { query: "", document: "" },
      defaultPromptName: null,
      similarityFunction: "cosine",
      maxTokens: 8,
      pooling: ["mean"],
      includePrompt: true,
      denseLayers: 0,
      normalized: false,
      dimension,
      matryoshkaDimensions: [dimension],
      anyDimension: true,
      selfCheck: null,
      family: null,
      ...description,
    },
    normalize: false,
    ...options,
  });
  return { embedder, embedded };
}
