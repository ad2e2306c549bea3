// An agent of LangChain.js with a search tool on FaissStore.
import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { modelPath } from "@embeddinggemma/tiny-model";
import { createAgent, initChatModel, tool } from "langchain";
import { z } from "zod";
import { scriptedModel } from "./chat-model.mjs";

const question = process.env.QUESTION || "The lamp of the kettle blinks red. What does it mean?";
const manual = [
  "Kettle: a red blinking lamp means that there is no water. Fill it up to the line and press the button twice.",
  "Kettle: remove the limescale once a month with vinegar, and rinse three times.",
  "Toaster: the crumb tray is pulled out at the back. Empty it when the toaster is cold.",
  "Oven: a door that does not close is locked for cleaning. It opens by itself below a hundred degrees.",
];

const embeddings = new EmbeddingGemmaEmbeddings({ model: process.env.EMBEDDINGGEMMA_MODEL || modelPath });
const retriever = (await FaissStore.fromTexts(manual, {}, embeddings)).asRetriever(1);
const searchManual = tool(
  async ({ query }) => (await retriever.invoke(query)).map(({ pageContent }) => pageContent).join("\n"),
  {
    name: "search_manual",
    description: "Searches the manual of the kitchen.",
    schema: z.object({ query: z.string().describe("what to look for") }),
  },
);

const model = process.env.CHAT_MODEL ? await initChatModel(process.env.CHAT_MODEL) : scriptedModel(question);
const agent = createAgent({ model, tools: [searchManual], systemPrompt: "Answer from the manual alone." });
const { messages } = await agent.invoke({ messages: [{ role: "user", content: question }] });
for (const message of messages) {
  const calls = "tool_calls" in message && Array.isArray(message.tool_calls) ? message.tool_calls : [];
  for (const { name, args } of calls) console.log(`${message.type} calls ${name}(${JSON.stringify(args)})`);
  if (calls.length === 0) console.log(`${message.type}: ${message.text}`);
}
await embeddings.dispose();
