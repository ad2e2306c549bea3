import { expect, test } from "vitest";
import { InferenceQueue } from "./inference-queue.ts";

const tick = () => new Promise((resolve) => setTimeout(resolve));

test("runs one task at a time, in order", async () => {
  const queue = new InferenceQueue();
  const events: string[] = [];
  const task = (name: string) => () =>
    Promise.resolve(events.push(`start ${name}`))
      .then(tick)
      .then(() => events.push(`end ${name}`));
  await Promise.all(["a", "b", "c"].map((name) => queue.run("bulk", task(name))));
  expect(events).toEqual(["start a", "end a", "start b", "end b", "start c", "end c"]);
});

test("runs a query before waiting bulk tasks, after the running one", async () => {
  const queue = new InferenceQueue();
  const order: string[] = [];
  const record = (name: string) => async () => {
    order.push(name);
    await tick();
  };
  const bulk = ["bulk 1", "bulk 2", "bulk 3"].map((name) => queue.run("bulk", record(name)));
  await Promise.resolve();
  await Promise.all([...bulk, queue.run("query", record("query"))]);
  expect(order).toEqual(["bulk 1", "query", "bulk 2", "bulk 3"]);
});

test("a stream of queries does not block bulk tasks forever", async () => {
  const queue = new InferenceQueue();
  const order: string[] = [];
  const queries = Array.from({ length: 100 }, (_, index) =>
    queue.run("query", async () => void order.push(`q${index}`)),
  );
  const bulk = [1, 2].map((index) =>
    queue.run("bulk", async () => void order.push(`bulk ${index}`)),
  );
  await Promise.all([...queries, ...bulk]);
  expect(order.indexOf("bulk 1")).toBeLessThan(20);
  expect(order.indexOf("bulk 2")).toBeLessThan(40);
  expect(order.filter((name) => name.startsWith("q"))).toEqual(
    Array.from({ length: 100 }, (_, index) => `q${index}`),
  );
});

test("callers with many batches take turns", async () => {
  const queue = new InferenceQueue();
  const order: string[] = [];
  const work = async (name: string) => {
    for (let batch = 0; batch < 3; batch++)
      await queue.run("bulk", async () => void order.push(name));
  };
  await Promise.all([work("a"), work("b")]);
  expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
});

test("a failing task rejects only its own call", async () => {
  const queue = new InferenceQueue();
  const failing = queue.run("bulk", async () => {
    throw new Error("no memory");
  });
  const next = queue.run("bulk", async () => "fine");
  await expect(failing).rejects.toThrow("no memory");
  await expect(next).resolves.toBe("fine");
});

test("idle() waits for all tasks", async () => {
  const queue = new InferenceQueue();
  let done = 0;
  const task = async () => {
    await tick();
    done++;
  };
  for (let count = 0; count < 5; count++) void queue.run("bulk", task);
  await queue.idle();
  expect(done).toBe(5);
});
