// A LangChain.js agent with a tool that searches a FaissStore.
import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { modelPath } from "@embeddinggemma/tiny-model";
import { createRetrieverTool } from "@langchain/classic/tools/retriever";
import { createAgent, initChatModel } from "langchain";
import { scriptedModel } from "./chat-model.mjs";
import { manual } from "./manual.mjs";

const question = process.env.QUESTION || "The lamp of the kettle blinks red. What does it mean?";

const embeddings = new EmbeddingGemmaEmbeddings({
  model: process.env.EMBEDDINGGEMMA_MODEL || modelPath,
});
const store = await FaissStore.fromTexts(manual, {}, embeddings);
const searchManual = createRetrieverTool(store.asRetriever(1), {
  name: "search_manual",
  description: "Searches the kitchen manual.",
});

const model = process.env.CHAT_MODEL
  ? await initChatModel(process.env.CHAT_MODEL)
  : scriptedModel(question);
const agent = createAgent({
  model,
  // The tool has a zod 3 schema. That works, but the types of the agent's tools do not allow it.
  tools: [
    /** @type {import("@langchain/core/tools").StructuredToolInterface} */ (
      /** @type {unknown} */ (searchManual)
    ),
  ],
  systemPrompt: "Answer only from the manual.",
});

console.log(`Question: ${question}\n`);
for await (const { messages } of await agent.stream(
  { messages: [{ role: "user", content: question }] },
  { streamMode: "values" },
)) {
  tell(messages.at(-1));
}
await embeddings.dispose();

/** @param {import("langchain").BaseMessage | undefined} message - the newest */
function tell(message) {
  if (message?.type === "tool") console.log(`The tool returns: ${message.text}\n`);
  if (message?.type !== "ai") return;
  const { tool_calls: calls = [] } = /** @type {import("langchain").AIMessage} */ (message);
  for (const { name, args } of calls)
    console.log(`The agent calls ${name}(${JSON.stringify(args)})`);
  if (calls.length === 0) console.log(`The agent answers: ${message.text}`);
}
