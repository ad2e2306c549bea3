import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FaissStore } from "@embeddinggemma/langchain";
import { Document } from "@langchain/core/documents";
import { MarkdownTextSplitter } from "@langchain/textsplitters";

/**
 * Splits the Markdown files of a folder by the model's own tokens, and indexes the parts. The first
 * heading of a file is the title of its parts. It goes into the title slot of the document prompt.
 *
 * @param {string} folder
 * @param {import("@embeddinggemma/langchain").EmbeddingGemmaEmbeddings} embeddings
 */
export async function indexFolder(folder, embeddings) {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".md")).sort();
  if (files.length === 0) throw new Error(`The folder ${folder} has no Markdown files (.md).`);
  const documents = await Promise.all(
    files.map(async (source) => {
      const pageContent = await readFile(join(folder, source), "utf8");
      const title = pageContent.match(/^# (.*)$/m)?.[1] ?? source;
      return new Document({ pageContent, metadata: { source, title } });
    }),
  );
  const lengthFunction = embeddings.countTokens;
  const splitter = new MarkdownTextSplitter({ chunkSize: 96, chunkOverlap: 0, lengthFunction });
  const parts = await splitter.splitDocuments(documents);
  const store = await FaissStore.fromDocuments(parts, embeddings);
  return { store, files, parts };
}
