// A chat with retrieval: the AI SDK streams the answer, EmbeddingGemma finds what it answers from.
import { createEmbeddingGemma } from "@embeddinggemma/ai-sdk";
import { modelPath } from "@embeddinggemma/tiny-model";
import { ask } from "./ask.mjs";
import { chatRoute } from "./chat-route.mjs";
import { indexNotes } from "./index-notes.mjs";
import { notes } from "./notes.mjs";
import { quotingModel } from "./quoting-model.mjs";

const question = process.env.QUESTION || "How do I book a night at the telescope?";
const embeddingGemma = createEmbeddingGemma({
  model: process.env.EMBEDDINGGEMMA_MODEL || modelPath,
});
const store = await indexNotes(notes, embeddingGemma);
const POST = chatRoute({ model: quotingModel(), embeddingGemma, store });

const { parts } = await ask(POST, question);
console.log(`Question: ${question}`);
for (const part of parts) {
  if (part.type === "source-document") console.log(`Source: ${part.title}`);
  if (part.type === "text") console.log(`Answer: ${part.text}`);
}
await embeddingGemma.dispose();
