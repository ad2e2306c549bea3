import { DefaultChatTransport, readUIMessageStream } from "ai";

/**
 * Asks a route as `useChat` does in a page.
 *
 * @param {(request: Request) => Promise<Response>} route
 * @param {string} question
 * @returns {Promise<import("ai").UIMessage>} the answer, with its sources
 */
export async function ask(route, question) {
  const transport = new DefaultChatTransport({
    api: "http://localhost/api/chat",
    fetch: (url, init) => route(new Request(url, init)),
  });
  const stream = await transport.sendMessages({
    chatId: "1",
    trigger: "submit-message",
    messageId: undefined,
    abortSignal: undefined,
    messages: [{ id: "1", role: "user", parts: [{ type: "text", text: question }] }],
  });
  let answer;
  for await (const message of readUIMessageStream({ stream })) answer = message;
  if (!answer) throw new Error("The route gave no answer.");
  return answer;
}
