import { BaseLLM, extractText } from "llamaindex";

/**
 * Stands in for a chat model: answers with the sentence of the context that shares the most words
 * with the question.
 */
export class ScriptedLLM extends BaseLLM {
  /** @type {import("llamaindex").LLMMetadata} */
  metadata = {
    model: "scripted",
    temperature: 0,
    topP: 1,
    contextWindow: 8192,
    tokenizer: undefined,
    structuredOutput: false,
  };

  /**
   * @param {any} params
   * @returns {Promise<any>}
   */
  async chat({ messages, stream }) {
    const prompt = messages
      .map((/** @type {any} */ { content }) => extractText(content))
      .join("\n");
    const answer = bestSentence(prompt);
    if (stream) return words(answer);
    return { message: { role: "assistant", content: answer }, raw: null };
  }
}

/**
 * @param {string} prompt - LlamaIndex's default prompt: the context between two lines of dashes,
 * then the question after `Query:`
 */
function bestSentence(prompt) {
  const [, context = "", question = ""] = prompt.match(/-{5,}\n(.*?)\n-{5,}.*Query:(.*)/s) ?? [];
  const asked = new Set(wordsOf(question));
  const sentences = context
    .split(/(?<=[.!?])\s+|\n\n+/)
    .map((sentence) => sentence.replaceAll(/\s+/g, " ").trim());
  const shared = (/** @type {string} */ sentence) =>
    new Set(wordsOf(sentence).filter((word) => asked.has(word))).size;
  return sentences.reduce(
    (best, sentence) => (shared(sentence) > shared(best) ? sentence : best),
    "",
  );
}

/** @param {string} text */
function wordsOf(text) {
  return text.toLowerCase().match(/\p{L}{3,}/gu) ?? [];
}

/** @param {string} answer */
async function* words(answer) {
  for (const delta of answer.split(/(?<= )/)) yield { delta, raw: null };
}
