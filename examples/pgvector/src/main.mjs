// The same embeddings in the Postgres stores of LangChain.js and LlamaIndex.TS, for when one
// machine is not enough.
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { startDatabase } from "./database.mjs";
import { searchWithLangChain } from "./langchain.mjs";
import { searchWithLlamaIndex } from "./llamaindex.mjs";
import { question } from "./planets.mjs";

const embedder = await Embedder.load(process.env.EMBEDDINGGEMMA_MODEL || modelPath);
const { connection, stop } = await startDatabase();
console.log(`Postgres listens on port ${connection.port}.\n\n"${question}"`);
print("LangChain.js, PGVectorStore", await searchWithLangChain(embedder, connection));
print("LlamaIndex.TS, PGVectorStore", await searchWithLlamaIndex(embedder, connection));
await stop();
await embedder.dispose();

/**
 * @param {string} title
 * @param {{ text: string, score?: number | undefined }[]} found - the two best planets, and the
 * best one with rings
 */
function print(title, [first, second, ringed]) {
  console.log(`\n  ${title}`);
  for (const hit of [first, second]) console.log(`  ${hit?.score?.toFixed(4)}  ${hit?.text}`);
  console.log(`  with rings:\n  ${ringed?.score?.toFixed(4)}  ${ringed?.text}`);
}
