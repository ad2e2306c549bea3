import { expect, test } from "vitest";
import { messageOf, tooLongIn } from "./error-body.ts";
import { backoff, retryAfterOf } from "./retry-delay.ts";

test.for([
  ["TEI", '{"error":"Model is overloaded","error_type":"Overloaded"}', "Model is overloaded"],
  ["TEI's OpenAI routes", '{"message":"batch size","code":422,"type":"Validation"}', "batch size"],
  ["OpenAI", '{"error":{"message":"no key","type":"x","param":null,"code":null}}', "no key"],
  ["FastAPI", '{"detail":[{"loc":["body"],"msg":"a"},{"loc":["input"],"msg":"b"}]}', "a; b"],
  ["infinity", '{"detail":"model not found"}', "model not found"],
  ["vLLM", '{"object":"error","message":"too long","code":400}', "too long"],
  ["plain text", "Failed to parse\n the request", "Failed to parse the request"],
  ["a page", "<!DOCTYPE html><html><title>502 Bad Gateway</title>", "502 Bad Gateway"],
  ["a page without a title", "<html><body><h1>Not found</h1></body></html>", "Not found"],
  ["nothing", "  ", undefined],
] as const)("%s", ([, body, message]) => {
  expect(messageOf(body)).toBe(message);
});

test.for([
  ["`inputs` must have less than 512 tokens. Given: 600", { maxTokens: 512, tokens: 600 }],
  ["`inputs` must have less than 128000 characters. Given: 200000", {}],
  [
    "This model's maximum context length is 8192 tokens, however you requested 9000 tokens",
    { maxTokens: 8192, tokens: 9000 },
  ],
  [
    "The decoder prompt (length 600) is longer than the maximum model length of 512.",
    { maxTokens: 512, tokens: 600 },
  ],
  ["the input length exceeds the context length", {}],
  ["Input validation error: `inputs` cannot be empty", undefined],
  ["batch size 33 > maximum allowed batch size 32", undefined],
] as const)("is it too long: %s", ([message, expected]) => {
  const found = tooLongIn(message);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject(expected);
});

test("Retry-After is a number of seconds or a date", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const after = (headers: Record<string, string>) => retryAfterOf(new Headers(headers), now);
  expect(after({ "retry-after": "2" })).toBe(2000);
  expect(after({ "retry-after": "0.5" })).toBe(500);
  expect(after({ "retry-after-ms": "30", "retry-after": "2" })).toBe(30);
  expect(after({ "retry-after": "Thu, 01 Jan 2026 00:00:10 GMT" })).toBe(10_000);
  expect(after({ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" })).toBe(0);
  expect(after({ "retry-after": "soon" })).toBeUndefined();
  expect(after({})).toBeUndefined();
});

test("waits grow up to 16 seconds", () => {
  for (const [failures, longest] of [
    [1, 500],
    [2, 1000],
    [5, 8000],
    [20, 16_000],
  ] as const) {
    expect(backoff(failures)).toBeLessThanOrEqual(longest);
    expect(backoff(failures)).toBeGreaterThanOrEqual(longest * 0.75);
  }
});
