import { FaissStore } from "@embeddinggemma/faiss";
import { embedMany } from "ai";

/**
 * Embeds notes as documents, with their titles, into a store.
 *
 * @typedef {{ title: string, text: string }} Note
 * @param {readonly Note[]} notes
 * @param {import("@embeddinggemma/ai-sdk").EmbeddingGemmaProvider} embeddingGemma
 * @returns {Promise<FaissStore<Note>>}
 */
export async function indexNotes(notes, embeddingGemma) {
  const { embeddings } = await embedMany({
    model: embeddingGemma.document,
    values: notes.map(({ text }) => text),
    providerOptions: { embeddingGemma: { title: notes.map(({ title }) => title) } },
  });
  /** @type {FaissStore<Note>} */
  const store = await FaissStore.create({ identity: await embeddingGemma.identity() });
  await store.upsert(
    notes.map((record, place) => ({ id: record.title, vector: embeddings[place] ?? [], record })),
  );
  return store;
}
