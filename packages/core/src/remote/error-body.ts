import { isRecord } from "../check.ts";
import type { TooLong } from "./server-failure.ts";

/** Longest message of a server that is quoted. */
const maxLength = 500;

/**
 * What a server says in the body of an error: as Text Embeddings Inference (`error`, or `message`
 * on its OpenAI routes), OpenAI (`error.message`), infinity and other FastAPI servers (`detail`),
 * or as plain text or HTML, which proxies send.
 *
 * @returns undefined if it says nothing
 */
export function messageOf(body: string): string | undefined {
  const message = (jsonMessage(body) ?? plainText(body)).replaceAll(/\s+/g, " ").trim();
  if (message === "") return undefined;
  return message.length > maxLength ? `${message.slice(0, maxLength)}…` : message;
}

function jsonMessage(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  return textIn(value);
}

function textIn(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    // FastAPI lists each invalid field.
    const texts = value.map(textIn).filter((text) => text !== undefined);
    return texts.length > 0 ? texts.join("; ") : undefined;
  }
  if (!isRecord(value)) return undefined;
  for (const field of ["error", "message", "detail", "msg"]) {
    const text = textIn(value[field]);
    if (text) return text;
  }
  return undefined;
}

/** The title of an HTML page, else its text. */
function plainText(body: string): string {
  if (!/^\s*<(!doctype|html|head|body|\?xml)/i.test(body)) return body;
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(body)?.[1]?.trim();
  return title || body.replaceAll(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, " ");
}

/**
 * How servers say that a text is too long: Text Embeddings Inference, OpenAI, vLLM, Ollama and
 * llama.cpp. The first number is the limit and the second the length, unless `isReversed`.
 */
const patterns: readonly { readonly pattern: RegExp; readonly isReversed?: boolean }[] = [
  { pattern: /must have less than (\d+) tokens(?:\. Given: (\d+))?/ },
  { pattern: /must have less than \d+ characters/ },
  { pattern: /maximum context length is (\d+) tokens.*?(?:requested|resulted in) (\d+) tokens/ },
  { pattern: /length (\d+)\) is longer than the maximum model length of (\d+)/, isReversed: true },
  { pattern: /maximum (?:context|input|model) length (?:is|of) (\d+)/ },
  { pattern: /input \((\d+) tokens\) is too large/, isReversed: true },
  { pattern: /exceeds?(?: the)?(?: available| maximum)? context (?:length|size|window)/ },
  { pattern: /context_length_exceeded|input is too (?:long|large)|too many tokens/ },
];

/** What a message says about a text that is too long; undefined if it says no such thing. */
export function tooLongIn(message: string): TooLong | undefined {
  for (const { pattern, isReversed } of patterns) {
    const match = new RegExp(pattern, "i").exec(message);
    if (!match) continue;
    const numbers = match.slice(1).map((digits) => (digits ? Number(digits) : undefined));
    const [maxTokens, tokens] = isReversed ? numbers.reverse() : numbers;
    return { maxTokens, tokens };
  }
  return undefined;
}
