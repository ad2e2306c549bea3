import { setTimeout as delay } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { EmbeddingQueue, type EmbeddingRequest } from "./embedding-queue.ts";
import type { TokenSequence } from "./tokenize.ts";

/** A queue whose batches end when the test says so. A vector contains the length of its text. */
function heldQueue(concurrency = 1) {
  const batches: { lengths: number[]; end(error?: Error): void }[] = [];
  const queue = new EmbeddingQueue({
    cost: { overhead: 24 },
    concurrency,
    embed: (sequences) =>
      new Promise((resolve, reject) => {
        const lengths = sequences.map(({ ids }) => ids.length);
        batches.push({
          lengths,
          end: (error) =>
            error ? reject(error) : resolve(lengths.map((length) => Float32Array.of(length))),
        });
      }),
  });
  const nextBatch = async () => {
    await vi.waitFor(() => expect(batches.length).toBeGreaterThan(0), { interval: 1 });
    return batches.shift()!;
  };
  return { queue, batches, nextBatch };
}

/** Waits for everything that can happen without a new event. */
const settled = () => delay(5);

function texts(...lengths: readonly number[]): TokenSequence[] {
  return lengths.map((length) => ({ ids: Array(length).fill(7), fullLength: length, unpooled: 0 }));
}

function request(
  sequences: readonly TokenSequence[],
  overrides: Partial<EmbeddingRequest> = {},
): EmbeddingRequest {
  return {
    sequences,
    priority: "bulk",
    limits: { maxBatchTokens: 1024 },
    receive: async () => {},
    ...overrides,
  };
}

/** Runs a request, and collects what it receives. */
async function vectorsOf(queue: EmbeddingQueue, sequences: readonly TokenSequence[]) {
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
  const queue = new EmbeddingQueue({
    cost: { overhead: 24 },
    concurrency: 3,
    embed: async (sequences) => sequences.map(({ ids }) => Float32Array.of(ids.length)),
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

test("receive learns how many texts the batch had", async () => {
  const { queue, nextBatch } = heldQueue();
  const receive = vi.fn(
    async (_positions: readonly number[], _vectors: unknown, _rows: number) => {},
  );
  const calls = [queue.run(request(texts(5), { receive })), vectorsOf(queue, texts(6))];
  (await nextBatch()).end();
  await Promise.all(calls);
  expect(receive).toHaveBeenCalledWith([0], [Float32Array.of(5)], 2);
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
