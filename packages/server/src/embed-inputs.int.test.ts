import { describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { cutText } from "./embed-inputs.ts";
import { tinyEmbedder } from "./testing/tiny.ts";

const embedder = await tinyEmbedder();

describe("a text that is much too long", () => {
  it("is cut before it is tokenized", { timeout: 30_000 }, async () => {
    const response = await createApp(embedder).request("/v1/embeddings", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ input: "a".repeat(30_000_000), model: "tiny" }),
    });
    expect(await response.json()).toMatchObject({
      usage: { prompt_tokens: embedder.maxTokens },
    });
  });

  it.each([
    ["abcdef", 6, "right", "abcdef"],
    ["abcdef", 4, "right", "abcd"],
    ["abcdef", 4, "left", "cdef"],
    ["ab🪐ef", 3, "right", "ab"],
    ["ab🪐ef", 4, "right", "ab🪐"],
    ["ab🪐ef", 3, "left", "ef"],
    ["ab🪐ef", 4, "left", "🪐ef"],
  ] as const)("%s, cut to %i on the %s, is %s", (text, limit, side, expected) => {
    expect(cutText(text, limit, side)).toBe(expected);
  });
});
