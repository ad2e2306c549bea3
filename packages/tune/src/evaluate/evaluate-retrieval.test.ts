import { MemoryVectorCache } from "@embeddinggemma/core";
import { warningsOf } from "@embeddinggemma/internal/testing";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { RetrievalData } from "../data/retrieval-data.ts";
import { compareIds } from "../statistics/compare-ids.ts";
import { difference, golden } from "../testing/golden.ts";
import { vectorEmbedder } from "../testing/vector-embedder.ts";
import { evaluateRetrieval } from "./evaluate-retrieval.ts";
import type { EvaluationProgress, RetrievalOptions } from "./retrieval-options.ts";

/** Ids are texts, too. */
function dataOf(queries: string[], corpus: string[], relevant: RetrievalData["relevant"]) {
  const texts = (ids: string[]) => Object.fromEntries(ids.map((id) => [id, id]));
  return { queries: texts(queries), corpus: texts(corpus), relevant } satisfies RetrievalData;
}

const optionOf: Record<string, keyof RetrievalOptions> = {
  accuracy: "accuracyAtK",
  precision_recall: "precisionRecallAtK",
  mrr: "mrrAtK",
  ndcg: "ndcgAtK",
  map: "mapAtK",
};

test.each(golden.retrieval)(
  "$similarity in $dimension dimensions, cut to $truncateDim",
  async (ofPython) => {
    const { queries, corpus, relevant, similarity, truncateDim, cuts, name, metrics } = ofPython;
    const description = { similarityFunction: similarity };
    const { embedder } = vectorEmbedder({ ...queries, ...corpus }, { description });
    const cutOffs = Object.entries(cuts).map(([cut, values]) => [optionOf[cut]!, values]);
    const { results, skipped } = await evaluateRetrieval(
      embedder,
      dataOf(Object.keys(queries), Object.keys(corpus), relevant),
      { name, ...Object.fromEntries(cutOffs), ...(truncateDim && { truncateDims: [truncateDim] }) },
    );
    expect(difference(results[0]!.metrics, metrics)).toBeLessThan(1e-9);
    expect(Object.keys(results[0]!.metrics)).toEqual(Object.keys(metrics));
    expect(skipped).toEqual(["q0", "q5"]);
  },
);

const vectors = {
  north: [1, 0, 1, 0],
  east: [0, 1, 0, 1],
  a: [1, 0, 0, 2],
  b: [1, 0.5, 1, 0],
  c: [0, 1, 0, 1],
  d: [0, 2, 0, 2],
};
const data = dataOf(["north", "east"], ["d", "c", "b", "a"], {
  north: { b: 1, a: 2 },
  east: ["d"],
});

test("a ranking has scores, and equal scores are in the order of ids", async () => {
  const { embedder } = vectorEmbedder(vectors);
  const { results } = await evaluateRetrieval(embedder, data);
  const { rankings, perQuery, metrics } = results[0]!;
  expect(rankings.get("east")!.map(([id]) => id)).toEqual(["c", "d", "a", "b"]);
  expect(rankings.get("east")!.map(([, score]) => score)).toEqual(
    [1, 1, 2 / Math.sqrt(10), 0.5 / Math.sqrt(4.5)].map(Math.fround),
  );
  expect(rankings.get("north")!.map(([id]) => id)).toEqual(["b", "a", "c", "d"]);
  const graded = (1 + 2 / Math.log2(3)) / (2 + 1 / Math.log2(3));
  expect(perQuery.get("north")!["ndcg@10"]).toBe(graded);
  expect(metrics["cosine_ndcg@10"]).toBe((graded + 1 / Math.log2(3)) / 2);
});

test("several dimensions and prompts: each text is embedded once for each prompt", async () => {
  const short = { queryPrompt: "" };
  const long = { queryPrompt: "find: ", documentPromptName: "document" };
  const { embedder, embedded } = vectorEmbedder({
    ...vectors,
    "find: north": [0, 1, 0, 0],
    "find: east": [1, 0, 0, 0],
    "text: a": [1, 0, 0, 0],
    "text: b": [1, 0, 0, 0],
    "text: c": [0, 1, 0, 0],
    "text: d": [0, 1, 0, 0],
  });
  const other = { documentPrompt: "text: " };
  const progress: EvaluationProgress[] = [];
  const report = await evaluateRetrieval(embedder, data, {
    truncateDims: [4, 2, 4],
    prompts: { short, other, "find|": { queryPrompt: long.queryPrompt } },
    onProgress: (so) => progress.push(so),
  });
  expect(embedded.filter((text) => text === "a")).toHaveLength(1);
  expect(embedded.filter((text) => text === "north")).toHaveLength(2);
  expect(report.results.map(({ name }) => name)).toEqual([
    "embedder, short, 4 dimensions",
    "embedder, short, 2 dimensions",
    "embedder, other, 4 dimensions",
    "embedder, other, 2 dimensions",
    "embedder, find|, 4 dimensions",
    "embedder, find|, 2 dimensions",
  ]);
  for (const [place, dimension] of [4, 2].entries()) {
    const alone = vectorEmbedder(vectors, { truncateDim: dimension }).embedder;
    const { results } = await evaluateRetrieval(alone, data);
    expect(report.results[place]).toEqual({
      ...results[0],
      name: `embedder, short, ${dimension} dimensions`,
      prompt: "short",
    });
  }
  expect(progress.at(-1)).toEqual({ system: "embedder", done: 14, total: 14 });
  expect(progress.map(({ done }) => done)).toEqual(
    progress.map(({ done }) => done).sort((a, b) => a - b),
  );
  const lines = String(report).split("\n");
  const columns = "ndcg@10 mrr@10 map@100 recall@1 recall@3 recall@5 recall@10".split(" ");
  const rules = columns.map((name) => `${"-".repeat(name.length - 1)}:`);
  expect(lines.slice(0, 2)).toEqual([
    `| system   | prompt | dimensions | ${columns.join(" | ")} |`,
    `| -------- | ------ | ---------: | ${rules.join(" | ")} |`,
  ]);
  const { metrics } = report.results[5]!;
  const cells = columns.map((name) => metrics[`cosine_${name}`]!.toFixed(4).padStart(name.length));
  expect(lines.at(-1)).toBe(`| embedder | find\\| |          2 | ${cells.join(" | ")} |`);
  expect(lines).toHaveLength(8);
});

test("normalized vectors: inner products are cosines, distances are of unit vectors", async () => {
  const run = async (similarityFunction: "dot" | "euclidean" | "cosine", normalize?: boolean) => {
    const options = { description: { similarityFunction }, normalize: true };
    const { embedder } = vectorEmbedder(vectors, options);
    const { results } = await evaluateRetrieval(embedder, data, { normalize });
    return results[0]!.rankings.get("north")!;
  };
  expect(await run("dot")).toEqual(await run("cosine"));
  expect(await run("dot", false)).toEqual([
    ["b", 2],
    ["a", 1],
    ["c", 0],
    ["d", 0],
  ]);
  const cosines = await run("cosine");
  for (const [place, [id, score]] of (await run("euclidean")).entries()) {
    expect(id).toBe(cosines[place]![0]);
    expect(score).toBeCloseTo(-Math.sqrt(2 - 2 * cosines[place]![1]), 6);
  }
});

test("a stopped run goes on from the cache", async () => {
  const cache = new MemoryVectorCache();
  const { embedder, embedded } = vectorEmbedder(vectors);
  const controller = new AbortController();
  const running = evaluateRetrieval(embedder, data, {
    cache,
    signal: controller.signal,
    batchSize: 1,
    onProgress: ({ done }) => done === 3 && controller.abort(new Error("enough")),
  });
  await expect(running).rejects.toThrow("enough");
  const before = embedded.length;
  expect(before).toBeLessThan(6);
  const { results } = await evaluateRetrieval(embedder, data, { cache, batchSize: 1 });
  expect(new Set(embedded).size).toBe(6);
  expect(embedded).toHaveLength(6);
  expect(results).toEqual((await evaluateRetrieval(embedder, data)).results);
});

test("the event loop goes on while documents are compared", async () => {
  const ids = Array.from({ length: 400 }, (_, index) => `d${index}`);
  const many = Object.fromEntries(
    ids.map((id, index) => [
      id,
      Array.from({ length: 512 }, (_, place) => ((index * place) % 7) - 3),
    ]),
  );
  const { embedder } = vectorEmbedder(many);
  const all = dataOf(ids, ids, Object.fromEntries(ids.map((id) => [id, [id]])));
  const turn = vi.fn();
  const timer = setInterval(turn, 5);
  await evaluateRetrieval(embedder, all, { mapAtK: [10] });
  clearInterval(timer);
  expect(turn.mock.calls.length).toBeGreaterThan(3);
});

test("a corpus of one document is told", async () => {
  const { embedder } = vectorEmbedder(vectors);
  const one = dataOf(["north"], ["a"], { north: ["a"] });
  const warnings = await warningsOf(async () => {
    const { results } = await evaluateRetrieval(embedder, one);
    expect(results[0]!.metrics).toMatchObject({ "cosine_ndcg@10": 1, "cosine_precision@10": 0.1 });
  });
  expect(warnings).toMatchObject([{ code: "EMBEDDINGGEMMA_ONE_DOCUMENT" }]);
});

test("as a naive model, with few distinct vectors", async () => {
  const coordinate = fc.integer({ min: -1, max: 1 });
  const vector = fc.tuple(coordinate, coordinate, coordinate);
  const id = fc.string({ unit: "binary", minLength: 1, maxLength: 2 });
  const documents = fc.uniqueArray(fc.tuple(id, vector), {
    minLength: 1,
    maxLength: 30,
    selector: ([name]) => name,
  });
  await fc.assert(
    fc.asyncProperty(
      documents,
      fc.array(vector, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 12 }),
      async (corpus, queries, k) => {
        const named = Object.fromEntries(
          corpus.map(([name, values], index) => [`text ${index}`, { name, values }]),
        );
        const known = {
          ...Object.fromEntries(queries.map((values, index) => [`query ${index}`, values])),
          ...Object.fromEntries(Object.entries(named).map(([text, { values }]) => [text, values])),
        };
        const { embedder } = vectorEmbedder(known, { description: { similarityFunction: "dot" } });
        const { results } = await evaluateRetrieval(
          embedder,
          {
            queries: new Map(queries.map((_, index) => [`q${index}`, `query ${index}`])),
            corpus: new Map(Object.entries(named).map(([text, { name }]) => [name, text])),
            relevant: new Map(queries.map((_, index) => [`q${index}`, [corpus[0]![0]]])),
          },
          { accuracyAtK: [k], precisionRecallAtK: [], ndcgAtK: [], mrrAtK: [], mapAtK: [] },
        );
        for (const [index, query] of queries.entries()) {
          const naive = corpus
            .map(([name, values]): [string, number] => [
              name,
              values.reduce((sum, value, place) => sum + value * query[place]!, 0),
            ])
            .sort((a, b) => b[1] - a[1] || compareIds(a[0], b[0]))
            .slice(0, k);
          expect(results[0]!.rankings.get(`q${index}`)).toEqual(naive);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test.for<[string, unknown, object, string, RegExp]>([
  ["nothing", undefined, {}, "INVALID_ARGUMENT", /^system must be an Embedder, \{ embedder, store/],
  ["no systems", {}, {}, "INVALID_ARGUMENT", /^system must be/],
  ["a promise", Promise.resolve(), {}, "INVALID_ARGUMENT", /Add the missing `await`/],
  ["something else by name", { q4: 1 }, {}, "INVALID_ARGUMENT", /^The system "q4" must be/],
  ["a misspelled option", "embedder", { truncateDim: [2] }, "INVALID_ARGUMENT", /`truncateDims`/],
  ["a cutoff of 0", "embedder", { ndcgAtK: [0] }, "INVALID_ARGUMENT", /^ndcgAtK must be an array/],
  ["no dimensions", "embedder", { truncateDims: [] }, "INVALID_ARGUMENT", /^truncateDims must be/],
  ["a longer dimension", "embedder", { truncateDims: [8] }, "INVALID_ARGUMENT", /1 to 4/],
  ["prompts as texts", "embedder", { prompts: { a: "b" } }, "INVALID_ARGUMENT", /options must be/],
  [
    "an unknown prompt",
    "embedder",
    { prompts: { a: { queryPromptName: "b" } } },
    "UNKNOWN_PROMPT",
    /no prompt named "b"/,
  ],
  [
    "no metric",
    "embedder",
    { accuracyAtK: [], precisionRecallAtK: [], ndcgAtK: [], mrrAtK: [], mapAtK: [] },
    "INVALID_ARGUMENT",
    /^ndcgAtK must be/,
  ],
  [
    "dimensions of a retriever",
    { invoke: async () => [] },
    { truncateDims: [2] },
    "INVALID_ARGUMENT",
    /^truncateDims must be left out if no system is an embedder/,
  ],
])("%s is refused", async ([_name, system, options, code, message]) => {
  const given = system === "embedder" ? vectorEmbedder(vectors).embedder : system;
  await expect(evaluateRetrieval(given as never, data, options)).rejects.toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test.for<[string, (vector: unknown) => unknown, RegExp]>([
  ["null", () => ({ invoke: async () => null }), /^"retriever" must answer with an array; it gave/],
  [
    "a hole",
    () => ({ invoke: async () => [undefined] }),
    /documents; it gave undefined at index 0/,
  ],
  [
    "no node",
    () => ({ retrieve: async () => [{}] }),
    /must answer with \{ node, score \}; it gave/,
  ],
  ["no hits", (embedder) => ({ embedder, store: { search: async () => [null] } }), /null at index/],
  [
    "no score",
    (embedder) => ({ embedder, store: { search: async () => [[{ id: "a" }], []] } }),
    /arrays of \{ id, score \}/,
  ],
  [
    "too few answers",
    (embedder) => ({ embedder, store: { search: async () => [[{ id: "a", score: 1 }]] } }),
    /gave 1 answers to 2 queries/,
  ],
])("a system that answers with %s is refused", async ([_name, make, message]) => {
  const system = make(vectorEmbedder(vectors).embedder);
  await expect(evaluateRetrieval(system as never, data)).rejects.toMatchObject({
    code: "DATA_INVALID",
    message: expect.stringMatching(message),
  });
});

test("a name of a system that is no string is refused", async () => {
  const systems = new Map([[1, vectorEmbedder(vectors).embedder]]);
  await expect(evaluateRetrieval(systems as never, data)).rejects.toMatchObject({
    message: "The name of a system must be a string; 1 was given.",
  });
});

test("vectors that are not finite are refused, and so are unknown ids", async () => {
  const { embedder } = vectorEmbedder({ ...vectors, a: [Number.NaN, 0, 0, 0] });
  await expect(evaluateRetrieval(embedder, data)).rejects.toMatchObject({
    code: "INFERENCE_FAILED",
  });
  const unknown = { ...data, relevant: { north: ["z"] } };
  await expect(evaluateRetrieval(embedder, unknown)).rejects.toMatchObject({
    code: "DATA_INVALID",
    details: { documents: ["z"], queries: ["north"] },
  });
});

test("queries without relevant documents are told below the table", async () => {
  const { embedder } = vectorEmbedder(vectors);
  const report = await evaluateRetrieval(embedder, { ...data, relevant: { north: ["a"] } });
  expect(report.skipped).toEqual(["east"]);
  expect(String(report)).toMatch(/\n\n1 query is left out: no relevant documents\.$/);
});
