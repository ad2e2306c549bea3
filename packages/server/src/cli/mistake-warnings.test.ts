import { expect, it } from "vitest";
import type { InputStatistics } from "../embed-inputs.ts";
import type { ServeOptions } from "../node/serve-options.ts";
import { misspeltWarning, truncatedWarning, unpromptedWarning } from "./mistake-warnings.ts";

function logger() {
  const lines: string[] = [];
  return { lines, warn: (line: string) => void lines.push(line) };
}

it("warns once of each misspelling", () => {
  const log = logger();
  const report = misspeltWarning(log);
  const field = (name: string) => [{ field: name, meant: "prompt_name" }];
  report({ route: "/embed", misspelt: [] });
  report({ route: "/embed", misspelt: field("promt_name") });
  report({ route: "/embed", misspelt: field("promptName") });
  report({ route: "/embed", misspelt: field("promt_name") });
  report({ route: "/tokenize", misspelt: field("promt_name") });
  expect(log.lines).toEqual([
    "`promt_name` is no field of /embed; did you mean `prompt_name`?",
    "`promptName` is no field of /embed; did you mean `prompt_name`?",
    "`promt_name` is no field of /tokenize; did you mean `prompt_name`?",
  ]);
});

it("warns of 100 misspellings at most", () => {
  const log = logger();
  const report = misspeltWarning(log);
  for (let name = 0; name < 200; name++)
    report({ route: "/embed", misspelt: [{ field: `input${name}`, meant: "inputs" }] });
  expect(log.lines).toHaveLength(100);
});

const always = { query: "query: ", document: "passage: " };

function warningsFor(prompts: Record<string, string>, options: ServeOptions = {}): string[] {
  const log = logger();
  const report = unpromptedWarning({ prompts }, options, log);
  for (const unprompted of [undefined, 0, 2, 2])
    report({
      route: "/embed",
      statistics: unprompted === undefined ? undefined : ({ unprompted } as InputStatistics),
    });
  return log.lines;
}

it("warns once of texts without a prompt", () => {
  expect(warningsFor(always)).toEqual([expect.stringContaining("to /embed named no prompt")]);
});

it("does not warn where no prompt is right, or was chosen", () => {
  expect(warningsFor({ query: "Represent this: ", document: "" })).toEqual([]);
  expect(warningsFor({})).toEqual([]);
  expect(warningsFor(always, { defaultPrompt: "" })).toEqual([]);
});

it("warns of documents that are too long, with some of their ids", () => {
  const log = logger();
  const report = truncatedWarning({ maxTokens: 2048 }, log);
  const route = "/upsert";
  report({ route, truncated: [] });
  report({ route, truncated: [null] });
  report({ route, truncated: ["a", null, 2] });
  report({ route, truncated: [1, 2, 3, 4, 5, 6] });
  const end = "of /upsert had more than 2048 tokens: what comes after is not found.";
  expect(log.lines).toEqual([
    `1 document ${end} Split long documents.`,
    `3 documents ${end} Split long documents. Their ids: "a", 2.`,
    `6 documents ${end} Split long documents. Their ids: 1, 2, 3, 4, 5, ….`,
  ]);
});
