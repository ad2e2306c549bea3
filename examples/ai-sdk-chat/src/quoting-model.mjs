import { simulateReadableStream } from "ai";
import { MockLanguageModelV4 } from "ai/test";

/** The SDK's own stand-in for a language model. It quotes the first source, word by word. */
export function quotingModel() {
  return new MockLanguageModelV4({
    doStream: async ({ prompt }) => {
      const [, quote = "I found no source."] =
        JSON.stringify(prompt).match(/\[1\] .*?\\n(.*?)\\n/) ?? [];
      const id = "answer";
      const words = `${quote} [1]`.split(/(?<= )/);
      return {
        stream: simulateReadableStream({
          chunks: [
            { type: "text-start", id },
            ...words.map((delta) => /** @type {const} */ ({ type: "text-delta", id, delta })),
            { type: "text-end", id },
            { type: "finish", finishReason: { unified: "stop", raw: undefined }, usage },
          ],
          chunkDelayInMs: 0,
        }),
      };
    },
  });
}

const none = { total: 0, noCache: 0, cacheRead: undefined, cacheWrite: undefined };
const usage = { inputTokens: none, outputTokens: { total: 0, text: 0, reasoning: undefined } };
