// Retrieval-augmented generation with LangChain.js: index a folder of Markdown, ask, cite the sources.
import { fileURLToPath } from "node:url";
import { EmbeddingGemmaEmbeddings } from "@embeddinggemma/langchain";
import { modelPath } from "@embeddinggemma/tiny-model";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { SingleBar } from "cli-progress";
import { chatModel } from "./chat-model.mjs";
import { indexFolder } from "./index-folder.mjs";

const { QUESTION: question = "How do I book a night at the refractor?" } = process.env;
const folder = process.argv[2] ?? fileURLToPath(new URL("../data", import.meta.url));

const bar = new SingleBar({ format: "Embedding {bar} {value} of {total} parts", clearOnComplete: true });
const embeddings = new EmbeddingGemmaEmbeddings({
  model: process.env.EMBEDDINGGEMMA_MODEL || modelPath,
  onEncodeProgress: ({ done, total }) => (bar.isActive ? bar.update(done) : bar.start(total, done)),
});
const { store, files, parts } = await indexFolder(folder, embeddings);
bar.stop();
console.log(`Indexed ${parts.length} parts of ${files.length} files.\n`);

const sources = await store.asRetriever(3).invoke(question);
const context = sources.map(({ pageContent, metadata }, place) => `[${place + 1}] ${metadata.source}\n${pageContent}`);
const prompt = ChatPromptTemplate.fromMessages([
  ["system", "Answer from these sources alone, and cite them by number.\n\n{context}"],
  ["human", "{question}"],
]);
const chain = prompt.pipe(await chatModel()).pipe(new StringOutputParser());

console.log(`Question: ${question}`);
process.stdout.write("Answer: ");
for await (const chunk of await chain.stream({ context: context.join("\n\n"), question })) process.stdout.write(chunk);
console.log("\n\nSources:");
sources.forEach(({ metadata, pageContent }, place) => {
  console.log(`  [${place + 1}] ${metadata.source}: ${pageContent.replaceAll(/\s+/g, " ").slice(0, 80)}…`);
});
await embeddings.dispose();
