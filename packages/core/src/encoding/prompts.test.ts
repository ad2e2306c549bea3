import { describe, expect, test } from "vitest";
import type { ModelDescription } from "../model/description.ts";
import { choosePrompt, documentParts } from "./prompts.ts";

const description = {
  prompts: {
    query: "task: search result | query: ",
    document: "title: none | text: ",
    STS: "sts: ",
  },
  defaultPromptName: null,
} as unknown as ModelDescription;

describe("the prompt of a call", () => {
  test.for([
    [{}, ""],
    [{ promptName: "STS" }, "sts: "],
    [{ prompt: "mine: " }, "mine: "],
    [{ prompt: "mine: ", promptName: "STS" }, "mine: "],
    [{ prompt: "", promptName: "STS" }, ""],
  ] as const)("%j is %j", ([options, expected]) => {
    expect(choosePrompt(description, options)).toBe(expected);
  });

  test("is the model's default prompt if the call names none", () => {
    expect(choosePrompt({ ...description, defaultPromptName: "STS" }, {})).toBe("sts: ");
  });

  test.for([
    ["Retrieval-query", "task: search result | query: "],
    ["SearchQuery", "task: search result | query: "],
    ["Retrieval-document", "title: none | text: "],
    ["SentenceSimilarity", "sts: "],
    ["PairClassification", "sts: "],
  ] as const)(
    "EmbeddingGemma's name %j gives %j for a model with other names",
    ([promptName, expected]) => {
      expect(choosePrompt(description, { promptName })).toBe(expected);
    },
  );

  test("a name of the model takes precedence over an equivalent", () => {
    const prompts = { ...description.prompts, "Retrieval-query": "own: " };
    expect(choosePrompt({ ...description, prompts }, { promptName: "Retrieval-query" })).toBe(
      "own: ",
    );
  });

  test.for(["Classification", "Summarization", "Query", "", "toString", "__proto__"])(
    "%j is unknown, and the error lists the known names",
    (promptName) => {
      expect(() => choosePrompt(description, { promptName })).toThrow(
        expect.objectContaining({
          code: "UNKNOWN_PROMPT",
          message: expect.stringContaining("query, document, STS"),
          details: expect.objectContaining({
            promptName,
            promptNames: ["query", "document", "STS"],
          }),
        }),
      );
    },
  );
});

describe("a document's title", () => {
  const prompt = "title: none | text: ";

  test.for([
    ["Venus is hot.", "title: none | text: Venus is hot."],
    [{ text: "Venus is hot." }, "title: none | text: Venus is hot."],
    [{ title: "", text: "Venus is hot." }, "title: none | text: Venus is hot."],
    [{ title: " \n", text: "Venus is hot." }, "title: none | text: Venus is hot."],
    [{ title: "Venus", text: "is hot." }, "title: Venus | text: is hot."],
    [{ title: "$& costs $1", text: "" }, "title: $& costs $1 | text: "],
  ] as const)("%j becomes %j", ([document, expected]) => {
    const parts = documentParts(prompt, document);
    expect(parts.prompt + parts.text).toBe(expected);
  });

  test("goes before the text if the prompt has no place for it", () => {
    expect(documentParts("passage: ", { title: "Venus", text: "is hot." })).toEqual({
      prompt: "passage: ",
      text: "Venus\nis hot.",
    });
  });
});
