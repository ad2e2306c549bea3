import { expect, test } from "vitest";
import { newTexts } from "./new-texts.ts";
import { limits } from "./text-limits.ts";

test("each text is added once, with an id of its own", () => {
  const mars = { title: "Mars", text: "It is red." };
  const present = [{ id: "a.txt 1", text: "Venus is hot." }];
  const found = [{ text: "Venus is hot." }, mars, mars, { text: "It is red." }];
  expect(newTexts(found, present, "a.txt")).toEqual({
    added: [
      { id: "a.txt 2", ...mars },
      { id: "a.txt 3", text: "It is red." },
    ],
    duplicates: 2,
    tooMany: 0,
  });
});

test("what does not fit is left out", () => {
  const found = Array.from({ length: limits.texts + 2 }, (_, index) => ({ text: `${index}` }));
  const { added, tooMany } = newTexts(found, [{ id: "x", text: "x" }], "a");
  expect([added.length, tooMany]).toEqual([limits.texts - 1, 3]);
});
