import { AIMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";

/**
 * In place of a chat model: looks the question up with the tool, then repeats what it found.
 *
 * @param {string} question
 */
export function scriptedModel(question) {
  return fakeModel()
    .respondWithTools([{ name: "search_manual", args: { query: question } }])
    .respond((messages) => new AIMessage(`The manual says: ${messages.at(-1)?.text}`));
}
