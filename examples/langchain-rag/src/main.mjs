// Retrieval-augmented generation with LangChain.js: index a folder of Markdown, then answer a
// question from it and cite the sources.
import { fileURLToPath } from "node:url";
import { EmbeddingGemmaEmbeddings } from "@embeddinggemma/langchain";
import { modelPath } from "@embeddinggemma/tiny-model";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { chatModel } from "./chat-model.mjs";
import { indexFolder } from "./index-folder.mjs";
import { Progress } from "./progress.mjs";

const question = process.env.QUESTION || "How do I book a night at the refractor?";
const folder = process.argv[2] ?? fileURLToPath(new URL("../data", import.meta.url));
const model = chatModel();

const progress = new Progress();
const embeddings = new EmbeddingGemmaEmbeddings({
  model: process.env.EMBEDDINGGEMMA_MODEL || modelPath,
  onDownloadProgress: progress.downloading,
  onEncodeProgress: progress.embedding,
});
const { store, files, parts } = await indexFolder(folder, embeddings);
progress.stop();
console.log(`Indexed ${files.length} files in ${parts.length} parts.\n`);

const found = await store.similaritySearchWithScore(question, 3);
const context = found.map(
  ([{ pageContent, metadata }], place) => `[${place + 1}] ${metadata.source}\n${pageContent}`,
);
const prompt = ChatPromptTemplate.fromMessages([
  ["system", "Answer only from these sources, and cite them by number.\n\n{context}"],
  ["human", "{question}"],
]);
const chain = prompt.pipe(model).pipe(new StringOutputParser());

console.log(`Question: ${question}`);
process.stdout.write("Answer: ");
for await (const chunk of await chain.stream({ context: context.join("\n\n"), question }))
  process.stdout.write(chunk);
console.log("\n\nSources:");
found.forEach(([{ metadata, pageContent }, score], place) => {
  const excerpt = pageContent.replaceAll(/\s+/g, " ").slice(0, 70);
  console.log(`  [${place + 1}] ${score.toFixed(4)}  ${metadata.source}: ${excerpt}…`);
});
await embeddings.dispose();
