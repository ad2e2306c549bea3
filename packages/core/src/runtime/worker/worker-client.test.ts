import { expect, test, vi } from "vitest";
import { EmbeddingGemmaError } from "../../errors.ts";
import { packError } from "./packed-error.ts";
import type { WorkerChannel } from "./worker-channel.ts";
import { WorkerClient } from "./worker-client.ts";
import type { RequestMessage, ResponseMessage } from "./worker-protocol.ts";

/** A channel whose other end is the test. */
function literalChannel() {
  const sent: RequestMessage[] = [];
  let answer: (message: ResponseMessage) => void = () => {};
  let exit: (exit: number | string | null, error: unknown) => void = () => {};
  const keepAlive = vi.fn();
  const terminate = vi.fn(async () => {});
  const channel: WorkerChannel = {
    send: (message) => sent.push(message),
    onMessage: (listener) => {
      answer = listener;
    },
    onExit: (listener) => {
      exit = listener;
    },
    keepAlive,
    terminate,
  };
  return {
    channel,
    sent,
    keepAlive,
    terminate,
    answer: (message: ResponseMessage) => answer(message),
    exit: (code: number | string | null, error?: unknown) => exit(code, error),
  };
}

test("answers find their requests, in any order", async () => {
  const { channel, sent, answer } = literalChannel();
  const client = new WorkerClient(channel);
  const first = client.request("tokenize", ["a"]);
  const second = client.request("tokenize", ["b"]);
  expect(sent.map(({ name, argument }) => [name, argument])).toEqual([
    ["tokenize", ["a"]],
    ["tokenize", ["b"]],
  ]);
  const results = [Int32Array.of(1), Int32Array.of(2)].map((ids) => ({ ids, ends: ids }));
  answer({ id: sent[1]!.id, result: results[1] });
  answer({ id: sent[0]!.id, result: results[0] });
  expect(await Promise.all([first, second])).toEqual(results);
});

test("what is thrown in the worker is thrown here", async () => {
  const { channel, sent, answer } = literalChannel();
  const client = new WorkerClient(channel);
  const request = client.request("dispose", undefined);
  answer({ id: sent[0]!.id, error: packError(new EmbeddingGemmaError("LOAD_FAILED", "no")) });
  await expect(request).rejects.toMatchObject({ code: "LOAD_FAILED", message: "no" });
});

test("a message that cannot be sent fails its request alone", async () => {
  const { channel, keepAlive } = literalChannel();
  const send = vi.spyOn(channel, "send").mockImplementationOnce(() => {
    throw new Error("could not be cloned");
  });
  const client = new WorkerClient(channel);
  await expect(client.request("dispose", undefined)).rejects.toThrow("could not be cloned");
  expect(keepAlive).not.toHaveBeenCalled();
  void client.request("dispose", undefined);
  expect(send).toHaveBeenCalledTimes(2);
});

test("the process is kept alive while requests are pending, and only then", () => {
  const { channel, sent, answer, keepAlive } = literalChannel();
  const client = new WorkerClient(channel);
  void client.request("dispose", undefined);
  void client.request("dispose", undefined);
  expect(keepAlive).toHaveBeenLastCalledWith(true);
  answer({ id: sent[0]!.id, result: undefined });
  expect(keepAlive).toHaveBeenLastCalledWith(true);
  answer({ id: sent[1]!.id, result: undefined });
  expect(keepAlive).toHaveBeenLastCalledWith(false);
});

test("a worker that ends unexpectedly fails pending and later requests, and counts as lost", async () => {
  const { channel, exit } = literalChannel();
  const client = new WorkerClient(channel);
  const pending = client.request("dispose", undefined);
  const cause = new Error("out of memory");
  exit(1, cause);
  const failure = {
    code: "WORKER_FAILED",
    message: expect.stringContaining("out of memory"),
    cause,
  };
  await expect(pending).rejects.toMatchObject(failure);
  await expect(client.request("dispose", undefined)).rejects.toMatchObject(failure);
  await client.lost;
});

test("the exit code or signal tells what there is to tell where nothing was thrown", async () => {
  const { channel, exit } = literalChannel();
  const client = new WorkerClient(channel);
  exit("SIGKILL");
  await expect(client.request("dispose", undefined)).rejects.toMatchObject({
    code: "WORKER_FAILED",
    message: expect.stringContaining("exit SIGKILL"),
    details: { exit: "SIGKILL" },
  });
});

test("a worker that is ended is not lost, and takes no more requests", async () => {
  const { channel, exit, terminate } = literalChannel();
  const client = new WorkerClient(channel);
  const pending = client.request("dispose", undefined);
  const ended = client.end();
  await expect(pending).rejects.toMatchObject({ code: "WORKER_FAILED" });
  await ended;
  exit(1);
  expect(terminate).toHaveBeenCalledOnce();
  expect(await Promise.race([client.lost.then(() => "lost"), Promise.resolve("not lost")])).toBe(
    "not lost",
  );
  await expect(client.request("dispose", undefined)).rejects.toMatchObject({
    code: "WORKER_FAILED",
  });
});
