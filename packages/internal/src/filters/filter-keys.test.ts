import { expect, it } from "vitest";
import { warningsOf } from "../testing/warnings-of.ts";
import { FilterKeys } from "./filter-keys.ts";

type Metadata = Record<string, unknown>;
const germanTexts = [{ lang: "de", author: { name: "Kant" } }, { lang: "de" }];

async function messages(keys: string[], data: Metadata[], isMatch = false): Promise<string[]> {
  const warned = new Set<string>();
  const warnings = await warningsOf(() => {
    for (let run = 0; run < 2; run++) {
      const watched = new FilterKeys(keys);
      const filter = watched.watch(
        () => isMatch,
        (metadata: Metadata) => metadata,
      );
      for (const metadata of data) expect(filter!(metadata, "id")).toBe(isMatch);
      watched.warn(warned, "document", { lists: "", noLists: "" });
    }
  });
  for (const { code } of warnings) expect(code).toBe("EMBEDDINGGEMMA_UNKNOWN_KEY");
  return warnings.map(({ message }) => message);
}

it.each([
  [["langue"], "no document has the metadata key `langue`. Did you mean `lang`?"],
  [["lang", "author.nam"], "key `author.nam`. Did you mean `author.name`?"],
  [["published"], "key `published`. The keys are `lang`, `author`, `author.name`."],
])("warns once of the keys %j", async (keys, text) => {
  expect(await messages(keys, germanTexts)).toEqual([expect.stringContaining(text)]);
});

it("names no keys where there are none", async () => {
  expect(await messages(["lang"], [{}])).toEqual([
    expect.stringContaining("No document has metadata."),
  ]);
});

it.each<[string, string[], Metadata[], boolean]>([
  ["something matches", ["langue"], germanTexts, true],
  ["one item has the key", ["author.name"], germanTexts.toReversed(), false],
  ["there are no items", ["langue"], [], false],
])("does not warn if %s", async (_, keys, data, isMatch) => {
  expect(await messages(keys, data, isMatch)).toEqual([]);
});
