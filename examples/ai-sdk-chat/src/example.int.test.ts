import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createEmbeddingGemma } from "@embeddinggemma/ai-sdk";
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ask } from "./ask.mjs";
import { chatRoute } from "./chat-route.mjs";
import { indexNotes } from "./index-notes.mjs";
import { notes } from "./notes.mjs";
import { quotingModel } from "./quoting-model.mjs";

vi.setConfig({ testTimeout: 120_000 });

const embeddingGemma = createEmbeddingGemma({ model: modelPath });
let store: Awaited<ReturnType<typeof indexNotes>>;
beforeAll(async () => {
  store = await indexNotes(notes, embeddingGemma);
});
afterAll(() => embeddingGemma.dispose());

it("prints what the README shows", async () => {
  const main = fileURLToPath(new URL("main.mjs", import.meta.url));
  const env = { ...process.env, NODE_OPTIONS: "", QUESTION: "", EMBEDDINGGEMMA_MODEL: "" };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [main], { env });
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, shown] = readme.match(/```text\n(.*?)```/s)!;
  expect(stdout).toBe(shown);
  expect(stderr).toBe("");
});

it("stores the vectors of documents with their titles", async () => {
  const embedder = await Embedder.load(modelPath);
  expect([store.size, store.identity]).toEqual([notes.length, embedder.identity]);
  const vectors = await embedder.encodeDocument(notes);
  for (const [place, { title }] of notes.entries())
    expect(embedder.similarity(store.get(title)!.vector, vectors[place]!)[0]![0]).toBeCloseTo(1, 5);
  await embedder.dispose();
});

it("streams the sources before the answer, which is made from them", async () => {
  const model = quotingModel();
  const route = chatRoute({ model, embeddingGemma, store });
  const { parts } = await ask(route, "Which plants grow outside?");
  const shown = parts.map((part) =>
    part.type === "source-document" ? part.title : part.type === "text" ? part.text : part.type,
  );
  expect(shown[0]).toBe("The garden");
  expect(shown.at(-1)).toBe(`${notes.at(-1)!.text} [1]`);
  const [{ prompt }] = model.doStreamCalls as [(typeof model.doStreamCalls)[number]];
  expect(prompt[0]).toMatchObject({ role: "system" });
  expect(prompt[0]!.content).toContain(`[1] The garden\n${notes.at(-1)!.text}`);
  expect(prompt.at(-1)).toMatchObject({
    role: "user",
    content: [{ type: "text", text: "Which plants grow outside?" }],
  });
});

it("stops when the browser has left", async () => {
  const route = chatRoute({ model: quotingModel(), embeddingGemma, store });
  const messages = [{ id: "1", role: "user", parts: [{ type: "text", text: "Which planet?" }] }];
  const request = new Request("http://localhost/api/chat", {
    method: "POST",
    body: JSON.stringify({ messages }),
    signal: AbortSignal.abort(),
  });
  await expect(route(request)).rejects.toMatchObject({ name: "AbortError" });
});
