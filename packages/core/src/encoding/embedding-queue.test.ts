import { setTimeout as delay } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { EmbeddingQueue, type EmbeddingRequest, type FinishedBatch } from "./embedding-queue.ts";
import { RefusedText } from "./refused-text.ts";
import type { PreparedText } from "./tokenize.ts";

/** A queue whose batches end when the test says so. A vector contains the length of its text. */
function heldQueue(concurrency = 1) {
  const batches: { lengths: number[]; end(error?: Error): void }[] = [];
  const queue = new EmbeddingQueue<PreparedText>({
    cost: { overhead: 24 },
    concurrency,
    embed: (sequences) =>
      new Promise((resolve, reject) => {
        const lengths = sequences.map(({ tokens }) => tokens);
        batches.push({
          lengths,
          end: (error) =>
            error ? reject(error) : resolve(lengths.map((length) => Float32Array.of(length))),
        });
      }),
  });
  const nextBatch = async () => {
    await vi.waitFor(() => expect(batches.length).toBeGreaterThan(0), {
      interval: 1,
      timeout: 10_000,
    });
    return batches.shift()!;
  };
  return { queue, batches, nextBatch };
}

/** Waits for everything that can happen without a new event. */
const settled = () => delay(5);

function texts(...lengths: readonly number[]): PreparedText[] {
  return lengths.map((length) => ({ tokens: length, fullLength: length }));
}

function request(
  sequences: readonly PreparedText[],
  overrides: Partial<EmbeddingRequest> = {},
): EmbeddingRequest {
  return {
    texts: sequences,
    priority: "bulk",
    limits: { maxBatchTokens: 1024 },
    receive: async () => {},
    ...overrides,
  };
}

/** Runs a request, and collects what it receives. */
async function vectorsOf(queue: EmbeddingQueue<PreparedText>, sequences: readonly PreparedText[]) {
  const vectors: number[] = [];
  await queue.run(
    request(sequences, {
      async receive(positions, embeddings) {
        positions.forEach((position, row) => {
          vectors[position] = embeddings[row]![0]!;
        });
      },
    }),
  );
  return vectors;
}

test("simultaneous calls share a batch, and each gets its own vectors", async () => {
  const { queue, nextBatch } = heldQueue();
  const calls = [texts(5), texts(7, 3), texts(4)].map((each) => vectorsOf(queue, each));
  const { lengths, end } = await nextBatch();
  expect([...lengths].sort()).toEqual([3, 4, 5, 7]);
  end();
  expect(await Promise.all(calls)).toEqual([[5], [7, 3], [4]]);
});

test("what arrives during a batch shares the next one", async () => {
  const { queue, nextBatch, batches } = heldQueue();
  const first = vectorsOf(queue, texts(9));
  const running = await nextBatch();
  const later = [vectorsOf(queue, texts(5)), vectorsOf(queue, texts(6))];
  await settled();
  expect(batches).toEqual([]);
  running.end();
  const { lengths, end } = await nextBatch();
  expect(lengths).toEqual([6, 5]);
  end();
  expect(await Promise.all([first, ...later])).toEqual([[9], [5], [6]]);
});

test("an array of texts of many batches arrives whole", async () => {
  const lengths = Array.from({ length: 300 }, (_, index) => 1 + ((index * 37) % 900));
  const queue = new EmbeddingQueue<PreparedText>({
    cost: { overhead: 24 },
    concurrency: 3,
    embed: async (sequences) => sequences.map(({ tokens }) => Float32Array.of(tokens)),
  });
  expect(await vectorsOf(queue, texts(...lengths))).toEqual(lengths);
});

test("as many batches run at once as there are sessions", async () => {
  const { queue, nextBatch, batches } = heldQueue(2);
  const calls = [1000, 900, 800].map((length) => vectorsOf(queue, texts(length)));
  const [first, second] = [await nextBatch(), await nextBatch()];
  await settled();
  expect(batches).toEqual([]);
  second.end();
  const third = await nextBatch();
  first.end();
  third.end();
  expect(await Promise.all(calls)).toEqual([[1000], [900], [800]]);
});

test("after a failure, each call runs alone, so that only the one at fault fails", async () => {
  const { queue, nextBatch } = heldQueue();
  const [good, bad, other] = [texts(5), texts(6), texts(7, 4)].map((each) =>
    vectorsOf(queue, each),
  );
  const failed = expect(bad).rejects.toThrow("not finite");
  const shared = await nextBatch();
  expect(shared.lengths).toHaveLength(4);
  shared.end(new Error("not finite"));
  const alone: number[][] = [];
  for (let count = 0; count < 3; count++) {
    const { lengths, end } = await nextBatch();
    alone.push(lengths);
    end(lengths[0] === 6 ? new Error("not finite") : undefined);
  }
  expect(alone.sort()).toEqual([[5], [6], [7, 4]]);
  await failed;
  expect(await Promise.all([good, other])).toEqual([[5], [7, 4]]);
});

test("after a failure, what is left of the call does not run", async () => {
  const { queue, nextBatch, batches } = heldQueue();
  const failing = expect(vectorsOf(queue, texts(900, 800))).rejects.toThrow("no memory");
  (await nextBatch()).end(new Error("no memory"));
  await failing;
  await settled();
  expect(batches).toEqual([]);
});

test("an abort rejects at once, and others get their vectors", async () => {
  const { queue, nextBatch, batches } = heldQueue();
  const controller = new AbortController();
  const aborted = queue.run(request(texts(5, 900, 800), { signal: controller.signal }));
  const other = vectorsOf(queue, texts(700));
  const first = await nextBatch();
  controller.abort(new Error("no longer wanted"));
  await expect(aborted).rejects.toThrow("no longer wanted");
  first.end();
  const { lengths, end } = await nextBatch();
  expect(lengths).toEqual([700]);
  end();
  expect(await other).toEqual([700]);
  await settled();
  expect(batches).toEqual([]);
});

test("a call that was aborted before does not run", async () => {
  const { queue, batches } = heldQueue();
  const receive = vi.fn(async () => {});
  const signal = AbortSignal.abort(new Error("too late"));
  await expect(queue.run(request(texts(5), { signal, receive }))).rejects.toThrow("too late");
  await settled();
  expect([batches.length, receive.mock.calls.length]).toEqual([0, 0]);
});

test("an error in receive rejects that call only", async () => {
  const { queue, nextBatch } = heldQueue();
  const receive = async () => {
    throw new Error("cache is full");
  };
  const failing = expect(queue.run(request(texts(5), { receive }))).rejects.toThrow(
    "cache is full",
  );
  const other = vectorsOf(queue, texts(6));
  (await nextBatch()).end();
  await failing;
  expect(await other).toEqual([6]);
});

test("a call that receives slowly waits, and others do not", async () => {
  const { queue, nextBatch, batches } = heldQueue();
  let received = () => {};
  const slow = queue.run(
    request(texts(1000, 900, 800), {
      receive: () =>
        new Promise((resolve) => {
          received = resolve;
        }),
    }),
  );
  (await nextBatch()).end();
  (await nextBatch()).end();
  await settled();
  expect(batches).toEqual([]);
  const other = vectorsOf(queue, texts(5));
  (await nextBatch()).end();
  expect(await other).toEqual([5]);
  received();
  expect((await nextBatch()).lengths).toEqual([800]);
  slow.catch(() => {});
});

test("receive learns how many texts the batch had, and when it ran", async () => {
  const { queue, nextBatch } = heldQueue();
  const receive = vi.fn(
    async (_positions: readonly number[], _vectors: unknown, _batch: FinishedBatch) => {},
  );
  const calls = [queue.run(request(texts(5), { receive })), vectorsOf(queue, texts(6))];
  (await nextBatch()).end();
  await Promise.all(calls);
  expect(receive).toHaveBeenCalledWith([0], [Float32Array.of(5)], {
    rows: 2,
    startedAt: expect.any(Number),
    endedAt: expect.any(Number),
  });
  const { startedAt, endedAt } = receive.mock.calls[0]![2];
  expect(endedAt).toBeGreaterThan(startedAt);
});

test("idle() waits for the batch of an aborted call", async () => {
  const { queue, nextBatch } = heldQueue();
  const controller = new AbortController();
  const aborted = queue.run(request(texts(5), { signal: controller.signal }));
  const { end } = await nextBatch();
  controller.abort();
  await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
  const idle = queue.idle();
  expect(await Promise.race([idle, settled().then(() => "running")])).toBe("running");
  end();
  await idle;
});

test("a refused text fails its call with its index in the input; others run again", async () => {
  const runs: number[][] = [];
  const queue = new EmbeddingQueue<PreparedText>({
    cost: { overhead: 24 },
    async embed(sequences) {
      runs.push(sequences.map(({ tokens }) => tokens));
      const row = sequences.findIndex(({ tokens }) => tokens === 13);
      if (row >= 0) throw new RefusedText(row, (index) => new Error(`Text ${index} is refused.`));
      return sequences.map(({ tokens }) => Float32Array.of(tokens));
    },
  });
  const refused = queue.run(request(texts(12, 13), { indexOf: (position) => 100 + position }));
  const others = [vectorsOf(queue, texts(11)), vectorsOf(queue, texts(14))];
  await expect(refused).rejects.toThrow("Text 101 is refused.");
  expect(await Promise.all(others)).toEqual([[11], [14]]);
  expect(runs[0]).toHaveLength(4);
  expect(runs.slice(1).flat()).not.toContain(13);
});

test("a batch is aborted when none of its calls waits any more", async () => {
  const signals: AbortSignal[] = [];
  const queue = new EmbeddingQueue<PreparedText>({
    cost: { overhead: 24 },
    embed: (_texts, { signal }) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  });
  const controllers = [new AbortController(), new AbortController()];
  const calls = controllers.map(({ signal }) => queue.run(request(texts(5), { signal })));
  await vi.waitFor(() => expect(signals).toHaveLength(1), 10_000);
  controllers[0]!.abort();
  await expect(calls[0]).rejects.toThrow();
  expect(signals[0]!.aborted).toBe(false);
  controllers[1]!.abort();
  await expect(calls[1]).rejects.toThrow();
  expect(signals[0]!.aborted).toBe(true);
});

test("texts for different outputs share no batch", async () => {
  const runs: [string, number][] = [];
  const queue = new EmbeddingQueue<PreparedText>({
    cost: { overhead: 24 },
    async embed(sequences, { output }) {
      runs.push([output, sequences.length]);
      return sequences.map(({ tokens }) => Float32Array.of(tokens));
    },
  });
  await Promise.all([
    queue.run(request(texts(5, 5))),
    queue.run(request(texts(5, 5, 5), { output: "token_embeddings" })),
  ]);
  expect(runs).toEqual([
    ["sentence_embedding", 2],
    ["token_embeddings", 3],
  ]);
});
