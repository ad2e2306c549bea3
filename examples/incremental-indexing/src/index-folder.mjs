import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/langchain";
import { Document } from "@langchain/core/documents";
import { index } from "@langchain/core/indexing";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import { StoreRecords } from "./store-records.mjs";

/**
 * Updates the index of a folder's text files: skips what has not changed, replaces what has
 * changed, and deletes what is gone. An interrupted run leaves the saved store as it was, and so
 * does one that another run has overtaken (`STORE_CHANGED`); the next run does its work.
 *
 * @param {string} folder
 * @param {string} storeFolder
 * @param {import("@embeddinggemma/langchain").EmbeddingGemmaEmbeddings} embeddings
 */
export async function indexFolder(folder, storeFolder, embeddings) {
  const vectorStore = (await FaissStore.exists(storeFolder))
    ? await FaissStore.load(storeFolder, embeddings)
    : new FaissStore(embeddings);
  const sourceIdKey = "source";
  const recordManager = new StoreRecords(await vectorStore.client(), sourceIdKey);

  const splitter = new RecursiveCharacterTextSplitter({
    chunkSize: 64,
    chunkOverlap: 0,
    lengthFunction: embeddings.countTokens,
  });
  const parts = await splitter.splitDocuments(await readDocuments(folder));
  // The lines of a part, in `loc`, change with each edit above it: it would be embedded again.
  const docsSource = parts.map(
    ({ pageContent, metadata: { loc: _, ...metadata } }) => new Document({ pageContent, metadata }),
  );
  const options = { cleanup: /** @type {const} */ ("full"), sourceIdKey };
  const result = await index({ docsSource, recordManager, vectorStore, options });
  await vectorStore.save(storeFolder, { overwrite: false });
  return { vectorStore, result };
}

/** @param {string} folder */
async function readDocuments(folder) {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (source) => {
      const pageContent = await readFile(join(folder, source), "utf8");
      return new Document({ pageContent, metadata: { source } });
    }),
  );
}
