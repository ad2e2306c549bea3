import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeVector, expandText, readGolden } from "./golden.ts";

const fixtures = join(import.meta.dirname, "../../fixtures");
const golden = readGolden("embeddinggemma");

/** The lowest cosine similarity to the vectors of the fp32 model, in files of our exporter. */
describe.each([
  ["q8", "model_quantized.onnx", 0.9995],
  ["q4", "model_q4.onnx", 0.94],
] as const)("an exported file in %s", (dtype, file, lowest) => {
  let folder: string;
  let embedder: Embedder;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "exported-"));
    const filter = (path: string) => !path.endsWith(".onnx");
    await cp(join(fixtures, "embeddinggemma"), folder, { recursive: true, filter });
    await cp(join(fixtures, `graphs/embeddinggemma-${dtype}.onnx`), join(folder, "onnx", file));
    embedder = await Embedder.load(folder, { dtype });
  });
  afterAll(async () => {
    await embedder?.dispose();
    await rm(folder, { recursive: true });
  });

  test("gives vectors near those of Sentence Transformers", async () => {
    for (const { call, text, prompt, promptName, title, vector } of golden.cases) {
      if (call !== "encode" || title !== undefined) continue;
      const content = expandText(golden.texts[text]!);
      const actual = await embedder.encode(content, {
        ...(prompt !== undefined && { prompt }),
        ...(promptName !== undefined && { promptName }),
      });
      expect(embedder.similarity(actual, decodeVector(vector))[0]![0]).toBeGreaterThan(lowest);
    }
  });

  test("does not let a vector depend on its batch", async () => {
    const texts = ["Mars", "the Red Planet", "An ice giant that lies on its side"];
    const together = await embedder.encode(texts);
    expect(embedder.batchInvariant).toBe(true);
    for (const [n, text] of texts.entries()) {
      const alone = await embedder.encode(text);
      for (const [i, value] of alone.entries()) expect(together[n]![i]).toBeCloseTo(value, 5);
    }
  });
});
