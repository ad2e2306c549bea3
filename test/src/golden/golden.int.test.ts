import { fileURLToPath } from "node:url";
import { Embedder, type EncodeOptions, type PromptOptions } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decodeVector,
  type EncodeCall,
  expandText,
  type Golden,
  type GoldenCase,
  nameOf,
  readGolden,
} from "./golden.ts";

/** Models with random fp32 weights, one for each kind of model description. */
const families = [
  "embeddinggemma",
  "embeddinggemma-2",
  "bert-mean",
  "bert-cls",
  "xlm-roberta-unigram",
  "qwen3-last-token",
  "include-prompt-false",
];

/** Floating-point results depend on the order of operations, so small differences are allowed. */
const tolerance = 1e-5;

describe.each(families)("%s gives what Sentence Transformers gives", (family) => {
  const golden = readGolden(family);
  const embedder = loadedEmbedder(
    fileURLToPath(new URL(`../../fixtures/${family}`, import.meta.url)),
    "fp32",
  );

  test("description", () => {
    expect(embedder()).toMatchObject({
      maxTokens: golden.maxTokens,
      dimension: golden.dimension,
      prompts: golden.prompts,
      defaultPromptName: golden.defaultPromptName,
      similarityFunction: golden.similarityFunction,
    });
  });

  test.for(namedCases(golden))("%s", async ([, goldenCase]) => {
    expectSameTokens(embedder(), golden, goldenCase);
    expectClose(await encodeCase(embedder(), golden, goldenCase), goldenCase.vector);
  });

  test("number of tokens", async () => {
    const goldenCase = golden.cases.findLast(({ title }) => title === undefined)!;
    const content = expandText(golden.texts[goldenCase.text]!);
    expect(await embedder().countTokens(content, { prompt: promptOf(golden, goldenCase) })).toBe(
      goldenCase.tokens,
    );
  });

  test.for(golden.batches)(
    "batch of $texts.length by $call",
    async ({ call, texts, vectors, ...options }) => {
      const contents = texts.map((text) => expandText(golden.texts[text]!));
      const embeddings = await embedder()[call](contents, { ...options, normalize: false });
      expect(embeddings).toHaveLength(vectors.length);
      embeddings.forEach((embedding, index) => {
        expectClose(embedding, vectors[index]!);
      });
    },
  );

  test.for(golden.truncated)(
    "truncation to $truncateDim, normalize $normalize",
    async ({ text, call, truncateDim, normalize, vector }) => {
      const embedding = await encode(embedder(), call, expandText(golden.texts[text]!), {
        truncateDim,
        normalize,
      });
      expectClose(embedding, vector);
    },
  );

  test("vector of unit length with normalize", async () => {
    const embedding = await embedder().encode("a text");
    const raw = await embedder().encode("a text", { normalize: false });
    expect(norm(embedding)).toBeCloseTo(1, 6);
    expect(dot(embedding, raw)).toBeCloseTo(norm(raw), 5);
  });
});

describe("the tiny model in q8", () => {
  const golden = readGolden("tiny-model");
  const embedder = loadedEmbedder(modelPath, "q8");

  test.for(namedCases(golden))("%s", async ([, goldenCase]) => {
    expectSameTokens(embedder(), golden, goldenCase);
    const embedding = await encodeCase(embedder(), golden, goldenCase);
    expect(dot(embedding, decodeVector(goldenCase.vector))).toBeGreaterThan(0.99);
  });
});

function loadedEmbedder(folder: string, dtype: "fp32" | "q8"): () => Embedder {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await Embedder.load(folder, { dtype });
  });
  afterAll(() => embedder.dispose());
  return () => embedder;
}

function namedCases(golden: Golden): [string, GoldenCase][] {
  return golden.cases.map((goldenCase) => [nameOf(goldenCase), goldenCase]);
}

async function encodeCase(
  embedder: Embedder,
  golden: Golden,
  { text, title, call, ...rest }: GoldenCase,
) {
  const content = expandText(golden.texts[text]!);
  const options = { ...promptOptions(rest), normalize: false };
  if (title !== undefined) return embedder.encodeDocument({ title, text: content }, options);
  return encode(embedder, call, content, options);
}

function encode(
  embedder: Embedder,
  call: EncodeCall,
  text: string,
  options: EncodeOptions,
): Promise<Float32Array> {
  return embedder[call](text, options);
}

function promptOptions({ prompt, promptName }: PromptOptions): PromptOptions {
  return {
    ...(prompt !== undefined && { prompt }),
    ...(promptName !== undefined && { promptName }),
  };
}

/** Compares the number of tokens, and the token ids up to the length where the reference cuts. */
function expectSameTokens(embedder: Embedder, golden: Golden, goldenCase: GoldenCase): void {
  const { prefix, suffix } = golden.specialTokens;
  const specials = prefix.length + suffix.length;
  const content = embedder.tokenizer.encode(
    promptOf(golden, goldenCase) + expandText(golden.texts[goldenCase.text]!),
  );
  expect([...prefix, ...content.slice(0, golden.maxTokens - specials), ...suffix]).toEqual(
    goldenCase.ids,
  );
  expect(content.length + specials).toBe(goldenCase.tokens);
}

function promptOf(
  { prompts, defaultPromptName }: Golden,
  { call, title, prompt, promptName }: GoldenCase,
): string {
  if (title !== undefined) return `title: ${title || "none"} | text: `;
  if (prompt !== undefined) return prompt;
  const defaults = { encode: defaultPromptName, encodeQuery: "query", encodeDocument: "document" };
  const name = promptName ?? defaults[call];
  return name === null ? "" : prompts[name]!;
}

function expectClose(actual: Float32Array, expected: string): void {
  const vector = decodeVector(expected);
  expect(actual).toHaveLength(vector.length);
  const difference = Math.max(...vector.map((value, index) => Math.abs(value - actual[index]!)));
  expect(difference).toBeLessThan(tolerance);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

function norm(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}
