import {
  convertToModelMessages,
  createUIMessageStream,
  createUIMessageStreamResponse,
  embed,
  streamText,
  toUIMessageStream,
} from "ai";

/**
 * A route for `useChat`: it embeds the question, finds the notes that are nearest in meaning, and
 * lets the language model answer from them. The sources come before the answer. In Next.js,
 * `app/api/chat/route.js` exports it as `POST`.
 *
 * @param {object} parts
 * @param {import("ai").LanguageModel} parts.model
 * @param {import("@embeddinggemma/ai-sdk").EmbeddingGemmaProvider} parts.embeddingGemma
 * @param {import("@embeddinggemma/faiss").FaissStore<import("./index-notes.mjs").Note>} parts.store
 */
export function chatRoute({ model, embeddingGemma, store }) {
  return async (/** @type {Request} */ request) => {
    /** @type {{ messages: import("ai").UIMessage[] }} */
    const { messages } = await request.json();
    const question = textOf(messages.at(-1));
    const { embedding } = await embed({
      model: embeddingGemma.query,
      value: question,
      abortSignal: request.signal,
    });
    const found = await store.search(embedding, { k: 2 });
    const sources = found.map(
      ({ record }, place) => `[${place + 1}] ${record.title}\n${record.text}`,
    );
    const result = streamText({
      model,
      instructions: `Answer only from these sources, and cite them.\n\n${sources.join("\n\n")}`,
      messages: await convertToModelMessages(messages),
      abortSignal: request.signal,
    });
    const stream = createUIMessageStream({
      execute: ({ writer }) => {
        writer.write({ type: "start" });
        for (const { id: sourceId, record } of found)
          writer.write({
            type: "source-document",
            sourceId,
            mediaType: "text/plain",
            title: record.title,
          });
        writer.merge(toUIMessageStream({ stream: result.stream, sendStart: false }));
      },
    });
    return createUIMessageStreamResponse({ stream });
  };
}

/** @param {import("ai").UIMessage | undefined} message */
function textOf(message) {
  return (message?.parts ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
}
