import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { untilAborted } from "./until-aborted.ts";

const never = () => new Promise<never>(() => {});

it("returns and throws what the task does", async () => {
  const { signal } = new AbortController();
  expect(await untilAborted(signal, async () => 1)).toBe(1);
  expect(await untilAborted(undefined, async () => 2)).toBe(2);
  await expect(untilAborted(signal, () => Promise.reject(new Error("task")))).rejects.toThrow(
    "task",
  );
});

it("rejects with the reason of the signal, whatever it is", async () => {
  for (const reason of [new Error("stop"), "stop", 7]) {
    const controller = new AbortController();
    const waiting = untilAborted(controller.signal, never);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(untilAborted(controller.signal, never)).rejects.toBe(reason);
  }
});

it("rejects with the reason where the task threw after the abort", async () => {
  const controller = new AbortController();
  const task = async () => {
    controller.abort("stop");
    throw new Error("wrapped: stop");
  };
  await expect(untilAborted(controller.signal, task)).rejects.toBe("stop");
});

it("listens once for all tasks of a signal, and not after the last", async () => {
  const controller = new AbortController();
  const listeners = () => getEventListeners(controller.signal, "abort").length;
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);

  const short = untilAborted(controller.signal, async () => 1);
  const long = Array.from({ length: 20 }, () => untilAborted(controller.signal, never));
  expect(await short).toBe(1);
  expect(listeners()).toBe(1);
  controller.abort("stop");
  for (const waiting of long) await expect(waiting).rejects.toBe("stop");
  expect(listeners()).toBe(0);

  const other = new AbortController();
  await untilAborted(other.signal, async () => 1);
  expect(getEventListeners(other.signal, "abort")).toEqual([]);
  await expect(
    Promise.all([
      untilAborted(other.signal, never),
      untilAborted(other.signal, async () => other.abort("later")),
    ]),
  ).rejects.toBe("later");
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});
