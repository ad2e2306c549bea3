// Retrieval-augmented generation with LlamaIndex.TS: a pipeline that splits, embeds and stores, then a query engine with sources.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import { modelPath } from "@embeddinggemma/tiny-model";
import { SingleBar } from "cli-progress";
import { Document, IngestionPipeline, SentenceSplitter, Settings, VectorStoreIndex } from "llamaindex";
import { ScriptedLLM } from "./chat-model.mjs";

const question = process.env.QUESTION || "When does the ferry sail in winter?";
const folder = process.argv[2] ?? fileURLToPath(new URL("../data", import.meta.url));

const embedModel = new EmbeddingGemmaEmbedding({ model: process.env.EMBEDDINGGEMMA_MODEL || modelPath });
Settings.embedModel = embedModel;
Settings.llm = new ScriptedLLM();

const files = (await readdir(folder)).filter((name) => name.endsWith(".md")).sort();
const documents = await Promise.all(
  files.map(async (source) => {
    const text = await readFile(join(folder, source), "utf8");
    const title = text.match(/^# (.*)$/m)?.[1] ?? source;
    return new Document({ id_: source, text, metadata: { source, title }, excludedEmbedMetadataKeys: ["source"] });
  }),
);

const vectorStore = new FaissVectorStore();
const bar = new SingleBar({ format: "Embedding {bar} {value} of {total} nodes", clearOnComplete: true });
const pipeline = new IngestionPipeline({
  transformations: [
    new SentenceSplitter({ chunkSize: 128, chunkOverlap: 16, tokenizer: await embedModel.tokenizer() }),
    embedModel,
  ],
  vectorStore,
});
const progressCallback = (/** @type {number} */ done, /** @type {number} */ total) =>
  bar.isActive ? bar.update(done) : bar.start(total, done);
const nodes = await pipeline.run({ documents }, { progressCallback });
bar.stop();
console.log(`Indexed ${nodes.length} nodes of ${files.length} files.\n`);

const index = await VectorStoreIndex.fromVectorStore(vectorStore);
const response = await index.asQueryEngine({ similarityTopK: 2 }).query({ query: question });
console.log(`Question: ${question}`);
console.log(`Answer: ${response.message.content}\n\nSources:`);
for (const { node, score } of response.sourceNodes ?? [])
  console.log(`  ${score?.toFixed(4)}  ${node.metadata.source}`);
await embedModel.dispose();
