import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { ChatOpenAI } from "@langchain/openai";

/**
 * The chat model in `CHAT_MODEL`: `<address>#<model>` for a server with OpenAI's protocol, or
 * `ollama:<model>` for Ollama at its usual address. By default, a script that quotes the first
 * source.
 *
 * @returns {import("@langchain/core/language_models/chat_models").BaseChatModel}
 */
export function chatModel(name = process.env.CHAT_MODEL) {
  if (!name) return fakeModel().respond(quoteFirstSource);
  const [baseURL, model] = name.replace(/^ollama:/, "http://localhost:11434/v1#").split("#");
  if (!URL.canParse(baseURL ?? "") || !model) {
    throw new Error(`CHAT_MODEL must be ollama:<model> or <address>#<model>; "${name}" was given.`);
  }
  const apiKey = process.env.OPENAI_API_KEY || "none";
  return new ChatOpenAI({ model, temperature: 0, apiKey, configuration: { baseURL } });
}

/** @param {import("@langchain/core/messages").BaseMessage[]} messages */
function quoteFirstSource(messages) {
  const prompt = messages.map(({ text }) => text).join("\n");
  const [, source = ""] = prompt.match(/\[1\] [^\n]*\n([^[]*)/) ?? [];
  const quote = source.replaceAll(/^#+ .*$/gm, "").replaceAll(/\s+/g, " ");
  return new AIMessage(`${quote.trim()} [1]`);
}
