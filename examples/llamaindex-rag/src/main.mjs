// Retrieval-augmented generation with LlamaIndex.TS: an ingestion pipeline splits, embeds and
// stores documents, then a query engine answers with sources.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import { modelPath } from "@embeddinggemma/tiny-model";
import {
  Document,
  IngestionPipeline,
  SentenceSplitter,
  Settings,
  VectorStoreIndex,
} from "llamaindex";
import { ScriptedLLM } from "./chat-model.mjs";

const question = process.env.QUESTION || "When does the ferry sail in winter?";
const folder = process.argv[2] ?? fileURLToPath(new URL("../data", import.meta.url));

const embedModel = new EmbeddingGemmaEmbedding({
  model: process.env.EMBEDDINGGEMMA_MODEL || modelPath,
  onDownloadProgress: ({ file, loaded, total }) =>
    process.stderr.write(`\rDownloading ${file}: ${loaded} of ${total} bytes`),
});
Settings.embedModel = embedModel;
Settings.llm = new ScriptedLLM();

const files = (await readdir(folder)).filter((name) => name.endsWith(".md")).sort();
if (files.length === 0) throw new Error(`The folder ${folder} has no Markdown files (.md).`);
const documents = await Promise.all(
  files.map(async (source) => {
    const text = await readFile(join(folder, source), "utf8");
    const title = text.match(/^# (.*)$/m)?.[1] ?? source;
    return new Document({
      id_: source,
      text,
      metadata: { source, title },
      excludedEmbedMetadataKeys: ["source"],
    });
  }),
);

const vectorStore = new FaissVectorStore();
const pipeline = new IngestionPipeline({
  transformations: [
    new SentenceSplitter({
      chunkSize: 128,
      chunkOverlap: 16,
      tokenizer: await embedModel.tokenizer(),
    }),
    embedModel,
  ],
  vectorStore,
});
const nodes = await pipeline.run({ documents }, { logProgress: true });
console.log(`Indexed ${files.length} files in ${nodes.length} nodes.\n`);

const index = await VectorStoreIndex.fromVectorStore(vectorStore);
const response = await index.asQueryEngine({ similarityTopK: 2 }).query({ query: question });
console.log(`Question: ${question}`);
console.log(`Answer: ${response.message.content}\n\nSources:`);
for (const { node, score } of response.sourceNodes ?? [])
  console.log(`  ${score?.toFixed(4)}  ${node.metadata.source}`);
await embedModel.dispose();
