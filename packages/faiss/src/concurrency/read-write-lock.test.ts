import { expect, it } from "vitest";
import { ReadWriteLock } from "./read-write-lock.ts";

it("runs readers at the same time, writers alone, in the order of the calls", async () => {
  const lock = new ReadWriteLock();
  const events: string[] = [];
  const task = (name: string) => async () => {
    events.push(`${name} starts`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    events.push(`${name} ends`);
  };
  await Promise.all([
    lock.read(task("a")),
    lock.read(task("b")),
    lock.write(task("C")),
    lock.read(task("d")),
    lock.write(task("E")),
  ]);
  expect(events).toEqual([
    ...["a starts", "b starts", "a ends", "b ends"],
    ...["C starts", "C ends", "d starts", "d ends", "E starts", "E ends"],
  ]);
});

it("runs the next task after one that throws", async () => {
  const lock = new ReadWriteLock();
  const failing = lock.write(() => Promise.reject(new Error("failed")));
  const next = lock.read(async () => "next");
  await expect(failing).rejects.toThrow("failed");
  expect(await next).toBe("next");
});
