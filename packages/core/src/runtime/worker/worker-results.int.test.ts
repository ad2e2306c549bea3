import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { installCore } from "../../../test-support/installed-core.ts";
import { field, number, text } from "../../../test-support/protobuf.ts";

type Core = typeof import("../../index.ts");

// Processes and models start slowly on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const fixtures = fileURLToPath(new URL("../../../../../test/fixtures/", import.meta.url));
const fixture = join(fixtures, "embeddinggemma");
let parent: string;
let core: Core;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "worker-"));
  const { installed } = await installCore(parent);
  core = await import(pathToFileURL(join(installed, "dist", "index.js")).href);
});

afterAll(() => rm(parent, { recursive: true }));

const options = { dtype: "fp32", worker: true } as const;

// What a worker passes on from Transformers.js. The calls of a worker are tested beside this.
describe("a model in a worker", () => {
  test("gives the same results as without a worker", async () => {
    await using here = await core.Embedder.load(fixture, { dtype: "fp32" });
    await using there = await core.Embedder.load(fixture, options);
    const documents = [
      "Mars",
      { title: "Venus", text: "is hot" },
      "",
      "lone \ud800 surrogate",
      "日本語 🙂",
    ];
    expect(await there.encodeDocument(documents)).toEqual(await here.encodeDocument(documents));
    expect(await there.encodeQuery("Which planet?")).toEqual(
      await here.encodeQuery("Which planet?"),
    );
    expect(there.identity).toBe(here.identity);
    expect(await there.countTokens("Which planet?")).toBe(await here.countTokens("Which planet?"));
    const ids = there.tokenizer.encode("Which planet?");
    expect(ids).toEqual(here.tokenizer.encode("Which planet?"));
    expect(there.tokenizer.decode(ids)).toBe("Which planet?");
  });

  test("can return hidden states, which are pooled in this process", async () => {
    const model = join(fixtures, "bert-mean");
    await using here = await core.Embedder.load(model, { dtype: "fp32" });
    await using there = await core.Embedder.load(model, options);
    const texts = ["a longer text of some words", "short"];
    expect(await there.encode(texts)).toEqual(await here.encode(texts));
  });

  test("rejects with the code, details and cause of the worker's error", async () => {
    const broken = join(parent, "broken");
    await cp(fixture, broken, { recursive: true });
    const graph = field(
      7,
      field(1, text(4, "NoSuchOperator")),
      field(11, text(1, "input_ids"), field(2, field(1, number(1, 7)))),
      field(12, text(1, "last_hidden_state")),
    );
    await writeFile(join(broken, "onnx", "model.onnx"), graph);
    const failure = async (worker: boolean) =>
      core.Embedder.load(broken, { dtype: "fp32", worker }).then(
        () => null,
        (error: unknown) => error as InstanceType<Core["EmbeddingGemmaError"]>,
      );
    const [here, there] = [await failure(false), await failure(true)];
    expect(core.EmbeddingGemmaError.isInstance(there)).toBe(true);
    expect(there).toMatchObject({
      code: "LOAD_FAILED",
      message: here!.message,
      details: here!.details,
    });
    expect((there!.cause as Error).message).toBe((here!.cause as Error).message);
  });

  test("stays usable after a batch that failed", async () => {
    await using there = await core.Embedder.load(await withUnknownTokens(), options);
    await expect(there.encode("unknown")).rejects.toMatchObject({
      code: "INFERENCE_FAILED",
      cause: expect.any(Error),
    });
    expect(await there.encode("")).toHaveLength(768);
  });
});

/** A model whose tokenizer has a word without an embedding in the graph. */
async function withUnknownTokens(): Promise<string> {
  const folder = join(parent, "unknown-tokens");
  await cp(fixture, folder, { recursive: true });
  const path = join(folder, "tokenizer.json");
  const tokenizer = JSON.parse(await readFile(path, "utf8")) as {
    added_tokens: Record<string, unknown>[];
  };
  tokenizer.added_tokens.push({
    ...tokenizer.added_tokens.at(-1),
    id: 9_999_999,
    content: "unknown",
    special: false,
  });
  await writeFile(path, JSON.stringify(tokenizer));
  return folder;
}
