import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { EmbeddingServer } from "../../test-support/embedding-server.ts";
import { testEmbedder } from "../../test-support/test-embedder.ts";
import { Embedder } from "../embedder.ts";

const tiny = fileURLToPath(new URL("../../../tiny-model/model", import.meta.url));
const local = await Embedder.load(tiny);
const server = await EmbeddingServer.start(local, { api: "openai", models: ["tiny"] });
const { prompts } = local;
const remote = await Embedder.connect(server.url, { tokenizer: tiny, prompts });

afterAll(async () => {
  await remote.dispose();
  await server[Symbol.asyncDispose]();
  await local.dispose();
});

test("vectors are those of the model, loaded here", async () => {
  const documents = ["Mars is red.", { title: "Venus", text: "It is hot." }, "火星は赤い惑星です!"];
  const vectors = await remote.encodeDocument(documents);
  (await local.encodeDocument(documents)).forEach((expected, row) => {
    expected.forEach((value, column) => {
      expect(vectors[row]![column]).toBeCloseTo(value, 6);
    });
  });
});

test("with the tokenizer, lengths are known without the server", async () => {
  const before = server.requests.length;
  const text = "Which planet is known as the Red Planet? ".repeat(500);
  const options = { promptName: "query" };
  expect(remote.maxTokens).toBe(local.maxTokens);
  expect(await remote.countTokens(text, options)).toBe(await local.countTokens(text, options));
  expect(remote.tokenizer.encode("a planet")).toEqual(local.tokenizer.encode("a planet"));
  const tooLong = remote.encode(["short", text.repeat(5)], { truncation: "error" });
  await expect(tooLong).rejects.toMatchObject({ code: "INPUT_TOO_LONG", details: { index: 1 } });
  expect(server.requests.length).toBe(before);
});

test("statistics have the tokens of the tokenizer", async () => {
  const tokens: number[] = [];
  for (const embedder of [remote, local])
    await embedder.encode(["a planet", "red"], { onFinish: (all) => tokens.push(all.tokens) });
  expect(tokens[0]).toBe(tokens[1]);
});

test("the tokenizer of another model is refused, if the server says its tokens", async () => {
  await using other = await EmbeddingServer.start(testEmbedder());
  await expect(Embedder.connect(other.url, { tokenizer: tiny, prompts })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringContaining("tokenizer must be that of the model"),
  });
});
