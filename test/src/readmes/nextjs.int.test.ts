import { join } from "node:path";
import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { modelPath as model } from "@embeddinggemma/tiny-model";
import { Document } from "@langchain/core/documents";
import { afterAll, expect, it, vi } from "vitest";
import { folder, runPage } from "./run-page.ts";
import { runsAllCodeOf } from "./runs-all-code.ts";

vi.setConfig({ testTimeout: 120_000 });

const saveTo = join(folder, "notes");
vi.stubEnv("NOTES_FOLDER", saveTo);
afterAll(() => {
  vi.unstubAllEnvs();
});

it("shares the store of a Next.js application, also with other processes", async () => {
  const page = await runPage("docs/embed/browsers.md", { programs: ["lib/notes.ts"] });
  const route: typeof page = await import(`${join(process.cwd(), "lib/notes.ts")}?route`);
  const textsOf = async (store: FaissStore) =>
    (await store.similaritySearch("", 9)).map(({ pageContent }) => pageContent).toSorted();
  const texts = async () => {
    const stores: FaissStore[] = [await page.notes(), await route.notes()];
    expect(stores[0]).toBe(stores[1]);
    return textsOf(stores[0]!);
  };
  const note = (pageContent: string) => new Document({ pageContent });
  expect(await texts()).toEqual([]);

  await Promise.all([page.addNote(note("a")), route.addNote(note("b")), page.addNote(note("c"))]);
  expect(await texts()).toEqual(["a", "b", "c"]);

  const embeddings = new EmbeddingGemmaEmbeddings({ model });
  const addElsewhere = async (text: string) =>
    (await FaissStore.load(saveTo, embeddings)).addDocuments([note(text)], { saveTo });
  await addElsewhere("d");
  expect(await texts()).toEqual(["a", "b", "c", "d"]);

  // Another process saves while a note is embedded.
  const store: FaissStore = await page.notes();
  const addDocuments = store.addDocuments.bind(store);
  store.addDocuments = async (...given) => {
    await addElsewhere("e");
    return addDocuments(...given);
  };
  await page.addNote(note("f"));
  expect(await texts()).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(await textsOf(store)).toEqual(["a", "b", "c", "d"]);
  expect(await textsOf(await FaissStore.load(saveTo, embeddings))).toEqual(await texts());
  await embeddings.dispose();
  await ((await page.notes()).embeddings as EmbeddingGemmaEmbeddings).dispose();
});

runsAllCodeOf("docs/embed/browsers.md");
