import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddingGemmaError, type EmbeddingGemmaErrorCode } from "@embeddinggemma/core";
import { expect, it } from "vitest";
import { CommandError } from "./command-error.ts";
import { explainFailure } from "./explain-failure.ts";

const messageOf = (error: unknown) => explainFailure(error).reason;

it.each([
  [
    "Set the option `truncateDim` to 256, or another `model`, or change `k`.",
    "Set --truncate-dim to 256, or another --model, or change `k`.",
  ],
  ["truncateDim must be 768; 900 was given.", "--truncate-dim must be 768; 900 was given."],
  ["Set the option `apiKey` to the key.", "Set --api-key to the key."],
  ['Set the option `dtype: "q4"`, or `learningRate`.', "Set --dtype q4, or --learning-rate."],
  [
    "ERROR: the model is too large, use another one.",
    "ERROR: the model is too large, use another one.",
  ],
  [
    'It has a.onnx (set dtype: "q8"), b.onnx (set subfolder: "", modelFile: "b").',
    "It has a.onnx (--dtype q8), b.onnx (in code only).",
  ],
  [
    "Load the model. If you are sure that it fits, set `allowMismatch`: `adapter: { folder, " +
      "allowMismatch: true }`.\nIt was made for x.",
    "Load the model.\nIt was made for x.",
  ],
  ["It has six columns. For qrels of TREC, use readTrecQrels.", "It has six columns."],
  ["TREC has four: read it with readTrecQrels.", "TREC has four: remove the second one."],
  [
    "adapter must be a folder or URL of an adapter, { folder, allowMismatch }, an Adapter, or " +
      'null; "" was given.',
    '--adapter must be a folder or URL of an adapter; "" was given.',
  ],
])("names flags instead of options: %s", (message, shown) => {
  expect(messageOf(new EmbeddingGemmaError("INVALID_ARGUMENT", message))).toBe(shown);
});

it.each(["/home/x", "/home/o'brien, notes/f", "/home/a. b, open 'c"])(
  "quotes the file system without its code and %s",
  async (path) => {
    const file = join(import.meta.filename, path);
    const cause = await readdir(file).catch((error: unknown) => error as Error);
    expect(cause).toMatchObject({ message: `ENOTDIR: not a directory, scandir '${file}'` });
    const message = `The folder x cannot be read: ${(cause as Error).message}. Check, and try y.`;
    const inner = new EmbeddingGemmaError("MODEL_NOT_FOUND", message, {}, { cause });
    const reason = "The folder x cannot be read: not a directory. Check, and try y.";
    expect(messageOf(inner)).toBe(reason);
    const details = { reason: message };
    const outer = new EmbeddingGemmaError("MODEL_NOT_FOUND", message, details, { cause: inner });
    expect(messageOf(outer)).toBe(reason);
  },
);

it("leaves its own messages as they are, and gives the stack of a mistake", () => {
  expect(messageOf(new CommandError("Change the `model`."))).toBe("Change the `model`.");
  expect(messageOf(new TypeError("no function"))).toMatch(/^TypeError: no function\n +at /);
  const full = Object.assign(new Error("ENOSPC: no space left"), { syscall: "write" });
  expect(messageOf(full)).toBe("ENOSPC: no space left");
  const message = "EACCES: permission denied, open '/etc/shadow'";
  const closed = Object.assign(new Error(message), {
    ...{ code: "EACCES", syscall: "open", path: "/etc/shadow" },
  });
  expect(messageOf(closed)).toBe("/etc/shadow: permission denied.");
  expect(messageOf("words")).toBe("words");
});

it("gives the advice of packages, unless it is about code", () => {
  const reason = "Nothing is here.";
  const explain = (code: EmbeddingGemmaErrorCode, details: object) =>
    explainFailure(
      new EmbeddingGemmaError(code, `${reason} Set allowAll.`, { reason, ...details }),
    );
  const missing = explain("MODEL_NOT_FOUND", {
    offline: true,
    download: "get a/b",
    alternative: "Or c.",
  });
  expect(missing).toMatchObject({ reason, exitCode: 1 });
  expect(missing.advice).toMatch(/`get a\/b`, .*\n\nOr c\.$/s);
  const advice = "Check the environment variable HF_TOKEN.";
  const message = `${reason} ${advice}`;
  expect(explain("INVALID_ARGUMENT", { option: "token" })).toEqual({
    ...{ reason, advice, message, exitCode: 2 },
  });
  expect(explain("DOWNLOAD_FAILED", {})).toMatchObject({ advice: "Set allowAll.", exitCode: 1 });
  expect(explain("DOWNLOAD_FAILED", { reason: "In short." })).toMatchObject({
    ...{ reason: "Nothing is here. Set allowAll.", advice: undefined },
  });
});
