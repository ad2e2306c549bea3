import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";

/**
 * Stands in for a chat model: searches for the question with the tool, then says what it found.
 *
 * @param {string} question
 */
export function scriptedModel(question) {
  return fakeModel()
    .respondWithTools([{ name: "search_manual", args: { query: question } }])
    .respond((messages) => {
      const [, advice] = messages.at(-1)?.text.split(/: (.*)/s) ?? [];
      return new AIMessage(`According to the manual, ${advice}`);
    });
}
