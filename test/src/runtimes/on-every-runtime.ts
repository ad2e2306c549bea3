import { execFile } from "node:child_process";
import { cpSync, mkdtempSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { decodeVector, expandText, readGolden } from "../golden/golden.ts";
import type { Application } from "../packages/application.ts";
import { runtimeBinary } from "./runtime-binary.ts";

const golden = readGolden("embeddinggemma");
const cases = golden.cases.filter(
  ({ call, tokens, prompt, promptName }) =>
    call === "encode" && tokens < 40 && !prompt && !promptName,
);
const texts = cases.map(({ text }) => expandText(golden.texts[text]!));
const vectors = cases.map(({ vector }) => decodeVector(vector));

/** All downloads start now and run while other tests run. */
const runtimes = [
  { title: `Node ${process.versions.node}`, binary: Promise.resolve(process.execPath), args: [] },
  ...["22.23.3", "24.21.0", "26.10.0"].map((version) => ({
    title: `Node ${version}`,
    binary: runtimeBinary("node", version),
    args: [],
  })),
  { title: "Bun 1.4.5", binary: runtimeBinary("bun", "1.4.5"), args: [] },
  { title: "Deno 2.9.6", binary: runtimeBinary("deno", "2.9.6"), args: ["run", "-A"] },
];
// A failed download is reported by the test that awaits the binary.
for (const { binary } of runtimes) binary.catch(() => {});

export interface Expected {
  /** Major version of Transformers.js. */
  transformers: string;
  /** The store's engine. */
  engine: "faiss" | "builtin";
  /** Whether `classic-level` is installed. */
  cache: boolean;
  /** Whether `@embeddinggemma/server` is installed. */
  server: boolean;
  /** What the first of the runtimes runs. The next runs the other, and so on. */
  first: "consumer.mjs" | "consumer.cjs";
}

/**
 * Tests that an application's packages embed and search in the same way on each runtime. Runs
 * `consumer.mjs` or `consumer.cjs`, which print their results: two applications that differ in
 * `first` run both on all runtimes.
 */
export function testOnEveryRuntime(application: () => Application, expected: Expected): void {
  const files = ["consumer.mjs", "consumer.cjs"];
  if (expected.first === "consumer.cjs") files.reverse();
  const runs = runtimes.map((runtime, index) => ({ ...runtime, file: files[index % 2]! }));
  it.each(runs)("embeds and searches on $title ($file)", async ({ title, binary, args, file }) => {
    const result = await runConsumer(application(), await binary, [...args, file]);
    expect(result.runtime).toBe(title);
    expect(result.transformers.split(".")[0]).toBe(expected.transformers);
    expectVectors(result.vectors);
    expectVectors(result.inWorker);
    if (expected.server)
      expectVectors(result.served!.map((row, index) => row ?? result.vectors[index]!));
    else expect(result.served).toBeNull();
    expectStores(result.stores, expected.engine);
    expect(result.disposed).toMatchObject({ typed: true, code: "DISPOSED" });
    expect(result.withFaiss).toEqual(
      expected.engine === "faiss"
        ? null
        : {
            typed: true,
            code: "ENGINE_UNAVAILABLE",
            message: expect.stringContaining("npm install --ignore-scripts faiss-node"),
          },
    );
    if (expected.cache) expect(result.tokensFromModel).toBe(0);
    else expect(result.tokensFromModel).toBeGreaterThan(0);
  });
}

interface Result {
  runtime: string;
  transformers: string;
  vectors: number[][];
  served: (number[] | null)[] | null;
  inWorker: number[][];
  /** Number of tokens in the texts whose vectors came from the model and not from a cache. */
  tokensFromModel: number;
  stores: Stores;
  /** Error of a disposed embedder. */
  disposed: Failure | null;
  /** Error of a store with `engine: "faiss"`. */
  withFaiss: Failure | null;
}

interface Failure {
  /** Whether the package's `isInstance` returns true. */
  typed: boolean;
  code: string;
  message: string;
}

interface Stores {
  engine: string;
  created: Hit[][];
  opened: Hit[][];
  /** Number of FAISS processes that were killed before the last searches. */
  killed: number;
  afterKill: Hit[][];
}

interface Hit {
  row: number;
  score: number;
}

/** Fails if the program does not exit by itself. */
async function runConsumer(
  application: Application,
  binary: string,
  args: string[],
): Promise<Result> {
  cpSync(fileURLToPath(new URL("consumers", import.meta.url)), application.path(), {
    recursive: true,
  });
  const { stdout } = await promisify(execFile)(binary, args, {
    cwd: application.path(),
    env: {
      ...process.env,
      MODEL: fileURLToPath(new URL("../../fixtures/embeddinggemma", import.meta.url)),
      TEXTS: JSON.stringify(texts),
      FOLDER: mkdtempSync(application.path("runtime-")),
      DENO_NO_UPDATE_CHECK: "1",
    },
    maxBuffer: 2 ** 26,
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  return JSON.parse(stdout);
}

function expectVectors(actual: number[][]): void {
  expect(actual).toHaveLength(vectors.length);
  vectors.forEach((expected, index) => {
    expect(actual[index]).toHaveLength(expected.length);
    const distances = Array.from(expected, (value, at) => Math.abs(value - actual[index]![at]!));
    expect(Math.max(...distances)).toBeLessThan(1e-5);
  });
}

function expectStores({ engine, created, opened, killed, afterKill }: Stores, name: string): void {
  expect(engine).toBe(name);
  expect(killed).toBe(name === "faiss" ? 1 : 0);
  for (const results of [created, opened, afterKill]) {
    expect(results).toHaveLength(vectors.length);
    results.forEach((hits, query) => {
      expect(hits[0]!.row).toBe(query);
      const best = vectors.map((vector) => cosine(vector, vectors[query]!)).sort((a, b) => b - a);
      hits.forEach(({ row, score }, place) => {
        expect(score).toBeCloseTo(best[place]!, 5);
        expect(score).toBeCloseTo(cosine(vectors[row]!, vectors[query]!), 5);
      });
    });
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}
