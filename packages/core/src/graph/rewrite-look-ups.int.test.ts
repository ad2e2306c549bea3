import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { moveWeightsOut } from "../../test-support/external-data.ts";
import { type Quantization, quantizeGraph } from "../../test-support/quantized-graph.ts";
import { Embedder } from "../embedder.ts";
import { parseOnnx } from "./onnx-model.ts";
import { rewriteLookUps } from "./rewrite-look-ups.ts";

const fixture = fileURLToPath(new URL("../../../../test/fixtures/embeddinggemma", import.meta.url));

let parent: string;
let fp32: string;
let graph: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "rewrite-look-ups-"));
  await cp(fixture, parent, { recursive: true });
  fp32 = join(parent, "onnx/model.onnx");
  graph = join(parent, "onnx/model_quantized.onnx");
  // Nothing else may change the graph.
  vi.stubEnv("HF_ASSETS_CACHE", "/dev/null");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(parent, { recursive: true });
});

const texts = ["the red planet", "Venus", "a longer text about planets and their moons ".repeat(5)];

async function vectors(): Promise<number[]> {
  await using embedder = await Embedder.load(parent, { dtype: "q8" });
  return (await embedder.encodeDocument(texts)).flatMap((row) => [...row]);
}

const kinds: Quantization[] = [
  {},
  { perChannel: true },
  { unsigned: true },
  { perChannel: true, unsigned: true },
];

test.each(kinds)("%j: the same vectors, whose table is looked up in 8 bits", async (kind) => {
  await quantizeGraph(fp32, graph, kind);
  await moveWeightsOut(graph);
  const before = await readFile(graph);
  const expected = await vectors();
  await writeFile(graph, rewriteLookUps(before)!);
  const actual = await vectors();
  expect(actual).toHaveLength(expected.length);
  for (const [index, number] of actual.entries())
    expect(Math.abs(number - expected[index]!)).toBeLessThan(1e-6);

  const { node, initializer } = parseOnnx(await readFile(graph)).graph!;
  expect(initializer.map(({ name }) => name)).toEqual(
    parseOnnx(before).graph!.initializer.map(({ name }) => name),
  );
  const ofRows = node.filter(({ opType, input }) => {
    const isTable = initializer.some(({ name }) => name === input[0]);
    return opType === "DequantizeLinear" && !isTable;
  });
  expect(ofRows).toHaveLength(1);
  const lookUp = node.find(({ output }) => output[0] === ofRows[0]!.input[0])!;
  expect(lookUp.opType).toBe("Gather");
  // int8 or uint8
  expect(initializer.find(({ name }) => name === lookUp.input[0])?.dataType).toBe(
    kind.unsigned ? 2 : 3,
  );
});

test("nothing is gained without such a table", async () => {
  expect(rewriteLookUps(await readFile(fp32))).toBe(null);
});
