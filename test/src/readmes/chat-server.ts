import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Message {
  role: string;
  content?: string | { text?: string }[] | null;
}

interface ChatRequest {
  messages: Message[];
  tools?: { function: { name: string } }[];
  stream?: boolean;
}

/** What the model says: text, or a call of a tool. */
type Reply = { content: string } | { tool: string; query: string };

/**
 * A server with OpenAI's protocol whose model is a script. It makes a question of its own from a
 * follow-up, calls the first tool of an agent, and otherwise quotes a sentence that it was given.
 */
export async function startChatServer(): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const asked = JSON.parse(body) as ChatRequest;
    answer(response, replyTo(asked), asked.stream ?? false);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, close: () => server.close() };
}

/** What the model of the script says. */
export function replyTo({ messages, tools }: ChatRequest): Reply {
  const texts = messages.map(textOf);
  const last = texts.at(-1)!;
  const user = texts.findLast((_, place) => messages[place]!.role === "user")!;
  if (/standalone question/i.test(texts.join("\n"))) return { content: standalone(texts) };
  if (messages.at(-1)!.role === "tool") return { content: quote(last, user) };
  if (tools?.length) return { tool: tools[0]!.function.name, query: user };
  const question = user.match(/Query: (.*)/)?.[1] ?? user;
  return { content: quote(texts[0]!, question.split("? ").at(-1)!) };
}

/** The topic of the first question, and the follow-up. */
function standalone(texts: readonly string[]): string {
  const all = texts.join("\n");
  const [first = "", ...more] = all.match(/[A-Z][^.?!\n:]*\?/g) ?? [];
  return [first, more.at(-1)].filter(Boolean).join(" ");
}

/** The sentence of the context that shares the most words with the question, and its number. */
function quote(prompt: string, question: string): string {
  const [, context = prompt] = prompt.match(/-{5,}\n(.*?)\n-{5,}/s) ?? [];
  const asked = new Set(wordsOf(question));
  let best = { shared: 0, text: "" };
  for (const [, number, part] of context.matchAll(/(?:\[(\d+)\] [^\n]*\n)?([^[]+)/g))
    for (const sentence of sentencesOf(part!)) {
      const shared = new Set(wordsOf(sentence).filter((word) => asked.has(word))).size;
      const text = number ? `${sentence} [${number}]` : sentence;
      if (shared > best.shared) best = { shared, text };
    }
  return best.text;
}

/** Without headings, metadata, and what LlamaIndex writes before the answer of a query tool. */
function sentencesOf(part: string): string[] {
  const text = part
    .replaceAll(/^(?:#+ |source: |title: ).*$/gm, "")
    .replace(/^\{\s*content: /, "")
    .replaceAll(/\s+/g, " ");
  return text.trim().split(/(?<=[.!?]) /);
}

/** The beginnings of words, so that a plural is the same word. */
function wordsOf(text: string): string[] {
  return Array.from(text.toLowerCase().matchAll(/\p{L}{4,}/gu), ([word]) => word.slice(0, 5));
}

function textOf({ content }: Message): string {
  if (typeof content === "string") return content;
  return (content ?? []).map(({ text = "" }) => text).join("\n");
}

function answer(response: ServerResponse, reply: Reply, stream: boolean): void {
  const call = "tool" in reply && {
    id: "call-1",
    type: "function",
    function: { name: reply.tool, arguments: JSON.stringify({ query: reply.query }) },
  };
  const content = "content" in reply ? reply.content : null;
  const finish_reason = call ? "tool_calls" : "stop";
  const about = { id: randomUUID(), created: 0, model: "script" };
  if (stream) {
    const delta = {
      role: "assistant",
      content,
      ...(call && { tool_calls: [{ index: 0, ...call }] }),
    };
    const object = "chat.completion.chunk";
    const event = { ...about, object, choices: [{ index: 0, delta, finish_reason: null }] };
    const end = { ...about, object, choices: [{ index: 0, delta: {}, finish_reason }] };
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const each of [event, end]) response.write(`data: ${JSON.stringify(each)}\n\n`);
    response.end("data: [DONE]\n\n");
    return;
  }
  const message = { role: "assistant", content, ...(call && { tool_calls: [call] }) };
  const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  const object = "chat.completion";
  const choices = [{ index: 0, message, finish_reason }];
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ ...about, object, choices, usage }));
}
