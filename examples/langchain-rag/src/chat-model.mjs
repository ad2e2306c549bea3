import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";

/**
 * The chat model that `CHAT_MODEL` names: `ollama:<model>`, or `<address>#<model>` of a server that speaks OpenAI's protocol. Without it a
 * script answers, which quotes the first source.
 *
 * @returns {Promise<import("@langchain/core/language_models/chat_models").BaseChatModel>}
 */
export async function chatModel(name = process.env.CHAT_MODEL) {
  if (!name) return fakeModel().respond(quoteFirstSource);
  if (name.startsWith("ollama:")) {
    const { ChatOllama } = await import("@langchain/ollama");
    return new ChatOllama({ model: name.slice("ollama:".length), temperature: 0 });
  }
  const [baseURL, model] = name.split("#");
  if (!baseURL || !model)
    throw new Error(`CHAT_MODEL must be ollama:<model> or <address>#<model>; "${name}" was given.`);
  const { ChatOpenAI } = await import("@langchain/openai");
  const apiKey = process.env.OPENAI_API_KEY || "none";
  return new ChatOpenAI({ model, temperature: 0, apiKey, configuration: { baseURL } });
}

/** @param {import("@langchain/core/messages").BaseMessage[]} messages */
function quoteFirstSource(messages) {
  const prompt = messages.map(({ text }) => text).join("\n");
  const quote = prompt.match(/\[1\] [^\n]*\n([^[]*)/)?.[1] ?? "";
  return new AIMessage(
    `${quote
      .replaceAll(/^#+ .*$/gm, "")
      .replaceAll(/\s+/g, " ")
      .trim()} [1]`,
  );
}
