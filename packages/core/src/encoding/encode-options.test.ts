import { expect, test, vi } from "vitest";
import { bos, eos, testBackend, testEmbedder } from "../../test-support/test-embedder.ts";
import { MemoryVectorCache } from "../cache/memory-vector-cache.ts";

const idOf = (character: string) => 10 + character.codePointAt(0)!;

/** A backend whose hidden states are the token ids, in vectors of two numbers. */
function statesBackend() {
  const backend = testBackend();
  return testBackend({
    run: async (batch) => ({
      ...(await backend.run(batch)),
      lastHiddenState: Float32Array.from(
        [...batch.inputIds].flatMap((id) => [Number(id), -Number(id)]),
      ),
    }),
  });
}

test("truncationSide overrides the side on which the model cuts", async () => {
  const embedder = testEmbedder(testBackend(), { normalize: false }, { maxTokens: 5 });
  const [, , first, last] = await embedder.encode("abcdef", { truncationSide: "left" });
  expect([first, last]).toEqual([idOf("d"), idOf("f")]);
  const [, , start, end] = await embedder.encode("abcdef");
  expect([start, end]).toEqual([idOf("a"), idOf("c")]);
});

test("the cache tells the two sides apart", async () => {
  const cache = new MemoryVectorCache();
  const embedder = testEmbedder(testBackend(), { normalize: false, cache }, { maxTokens: 5 });
  await embedder.encode("abcdef");
  const left = await embedder.encode("abcdef", { truncationSide: "left" });
  expect(left[2]).toBe(idOf("d"));
  expect(await embedder.encode("abcdef", { truncationSide: "left" })).toEqual(left);
  expect((await embedder.encode("abcdef", { truncationSide: "right" }))[2]).toBe(idOf("a"));
});

test("onFinish reports the tokens of all texts, and where the time went", async () => {
  const cache = new MemoryVectorCache();
  const embedder = testEmbedder(testBackend(), { cache }, { maxTokens: 6 });
  const onFinish = vi.fn();
  await embedder.encode(["ab", "ab", "abcdefgh"], { onFinish });
  await embedder.encode(["ab", "ab", "abcdefgh"], { onFinish });
  expect(onFinish).toHaveBeenCalledTimes(2);
  for (const [statistics] of onFinish.mock.calls) {
    expect(statistics).toEqual({
      tokens: 4 + 4 + 6,
      tokenizationTime: expect.any(Number),
      queueTime: expect.any(Number),
      inferenceTime: expect.any(Number),
    });
  }
  const [[computed], [cached]] = onFinish.mock.calls as [[{ queueTime: number }], [object]];
  expect(computed.queueTime).toBeGreaterThan(0);
  expect(cached).toMatchObject({ queueTime: 0, inferenceTime: 0 });
});

test("encodeTokens embeds ids as they are", async () => {
  const backend = testBackend();
  const embedder = testEmbedder(backend);
  const ids = [bos, idOf("a"), idOf("b"), eos];
  expect(await embedder.encodeTokens(ids)).toEqual(await embedder.encode("ab"));
  expect(await embedder.encodeTokens([ids, [7]])).toEqual([
    await embedder.encode("ab"),
    Float32Array.of(1, 7, 0, 0),
  ]);
  expect(await embedder.encodeTokens([])).toEqual([]);
});

test("encodeTokens cuts ids that are too long, on the side that is asked for", async () => {
  const embedder = testEmbedder(testBackend(), { normalize: false }, { maxTokens: 3 });
  expect((await embedder.encodeTokens([1, 2, 3, 4]))[1]).toBe(1 + 2 + 3);
  expect((await embedder.encodeTokens([1, 2, 3, 4], { truncationSide: "left" }))[1]).toBe(9);
  await expect(embedder.encodeTokens([1, 2, 3, 4], { truncation: "error" })).rejects.toMatchObject({
    code: "INPUT_TOO_LONG",
    details: { index: 0, tokens: 4, maxTokens: 3 },
  });
});

test.each([[[1.5]], [[-1]], [[[1], []]], [[["a"]]], ["12"], [null]])(
  "encodeTokens refuses %j",
  async (ids) => {
    await expect(testEmbedder().encodeTokens(ids as number[])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  },
);

test("ids that the vocabulary lacks are refused, before the model fails on them", async () => {
  const { tokenizer } = testBackend();
  const embedder = testEmbedder(
    testBackend({ tokenizer: { ...tokenizer, has: (id) => id < 100 } }),
  );
  const refused = (place: string) => ({
    code: "INVALID_ARGUMENT",
    message: `${place} must be an id of the model's vocabulary; 100 was given.`,
  });
  await expect(embedder.encodeTokens([1, 100])).rejects.toMatchObject(refused("ids[0][1]"));
  await expect(embedder.encodeTokens([[1], [100]])).rejects.toMatchObject(refused("ids[1][0]"));
  const states = embedder.encodeTokenEmbeddings([[100]]);
  await expect(states).rejects.toMatchObject(refused("ids[0][0]"));
});

test("encodeTokens refuses a prompt", async () => {
  const options = { promptName: "query" } as object;
  await expect(testEmbedder().encodeTokens([1], options)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("encodeTokenEmbeddings returns the hidden states of the tokens, without padding", async () => {
  const embedder = testEmbedder(statesBackend());
  const rows = (text: string) =>
    [bos, ...Array.from(text, idOf), eos].map((id) => Float32Array.of(id, -id));
  expect(await embedder.encodeTokenEmbeddings("ab")).toEqual(rows("ab"));
  expect(await embedder.encodeTokenEmbeddings(["ab", "wxyz", "ab"])).toEqual([
    rows("ab"),
    rows("wxyz"),
    rows("ab"),
  ]);
  expect(await embedder.encodeTokenEmbeddings([[bos, 7], "ab"])).toEqual([
    [Float32Array.of(bos, -bos), Float32Array.of(7, -7)],
    rows("ab"),
  ]);
  expect(await embedder.encodeTokenEmbeddings(["ab"], { promptName: "query" })).toEqual([
    rows("q:ab"),
  ]);
});

test("encodeTokenEmbeddings needs the hidden states", async () => {
  await expect(testEmbedder().encodeTokenEmbeddings("ab")).rejects.toMatchObject({
    code: "MODEL_INCOMPLETE",
  });
});

test("encodeTokenEmbeddings refuses options of finished vectors", async () => {
  const options = { truncateDim: 2 } as object;
  await expect(testEmbedder().encodeTokenEmbeddings("a", options)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});

test("tokenize gives tokens with their places in prompt and text", async () => {
  const backend = testBackend();
  const decode = (ids: readonly number[]) => `<${ids}>`;
  const tokens = async (text: string) =>
    Array.from(text, (character, index) => ({
      id: idOf(character),
      text: character,
      start: index,
      end: index + 1,
    }));
  const tokenizer = { ...backend.tokenizer, decode };
  const embedder = testEmbedder({ ...backend, tokenizer, tokens });
  const special = { isSpecial: true, start: null, end: null };
  expect(await embedder.tokenize("a", { promptName: "query" })).toEqual([
    { id: bos, text: "<1>", ...special },
    { id: idOf("q"), text: "q", isSpecial: false, start: 0, end: 1 },
    { id: idOf(":"), text: ":", isSpecial: false, start: 1, end: 2 },
    { id: idOf("a"), text: "a", isSpecial: false, start: 2, end: 3 },
    { id: eos, text: "<2>", ...special },
  ]);
  expect(await embedder.tokenize("a", { addSpecialTokens: false })).toHaveLength(1);
});

test("tokenize needs offsets", async () => {
  await expect(testEmbedder().tokenize("a")).rejects.toThrow("does not give offsets");
});
