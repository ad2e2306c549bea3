import { customProvider } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { type Message, replyTo } from "./chat-server.ts";

type Prompt = MockLanguageModelV4["doGenerateCalls"][number]["prompt"];

/** A provider of the AI SDK whose language models say what the script of the chat server says. */
export function scriptedProvider() {
  const model = new MockLanguageModelV4({
    doGenerate: async ({ prompt, tools }) => {
      const functions = tools?.map(({ name }) => ({ function: { name } })) ?? [];
      const reply = replyTo({ messages: messagesOf(prompt), tools: functions });
      const call = { toolCallId: `call-${prompt.length}` };
      return {
        content: [
          "tool" in reply
            ? { type: "tool-call", ...call, toolName: reply.tool, input: inputOf(reply.query) }
            : { type: "text", text: reply.content },
        ],
        finishReason: { unified: "tool" in reply ? "tool-calls" : "stop", raw: undefined },
        usage: { inputTokens: none, outputTokens: { total: 0, text: 0, reasoning: undefined } },
        warnings: [],
      };
    },
  });
  return customProvider({ languageModels: { "openai/gpt-5-mini": model } });
}

const none = { total: 0, noCache: 0, cacheRead: undefined, cacheWrite: undefined };

function inputOf(question: string): string {
  return JSON.stringify({ question });
}

function messagesOf(prompt: Prompt): Message[] {
  return prompt.map(({ role, content }) => ({
    role,
    content:
      typeof content === "string" ? content : content.map((part) => ({ text: textOf(part) })),
  }));
}

/** Text, or the texts of the records that a tool has found. */
function textOf(part: Exclude<Prompt[number]["content"], string>[number]): string {
  if (part.type === "text") return part.text;
  if (part.type !== "tool-result" || part.output.type !== "json") return "";
  const records = part.output.value as unknown as readonly { text: string }[];
  return records.map(({ text }) => text).join("\n");
}
