import { describe, expect, it } from "vitest";
import { differencesOf, sayCopy, sayDifferences } from "./identity-differences.ts";

const identity =
  "owner/name@0123?dtype=q8&recipe=1.0123456789abcdef&prompts=aaaaaaaaaaaaaaaa&dimension=768";
const differences = (one: unknown, two: unknown) =>
  sayDifferences(differencesOf(one as never, two as never), "the store", "yours");

describe("differencesOf", () => {
  it.each([
    ["dtype=q8", "dtype=fp32", "dtype (the store: q8; yours: fp32)"],
    ["dimension=768", "dimension=256", "dimension (the store: 768; yours: 256)"],
    ["name@0123", "name@4567", "the model (the store: owner/name@0123; yours: owner/name@4567)"],
    ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "the model's prompts"],
    [
      "1.0123456789abcdef",
      "1.1123456789abcdef",
      "how tokens become a vector (pooling, Dense layers, length limit)",
    ],
    [
      "dimension=768",
      "dimension=768&documentPrompt=%7B%22promptName%22%3A%22STS%22%7D",
      'the document prompt (the store: not set; yours: {"promptName":"STS"})',
    ],
    [
      "&prompts=",
      "&adapter=0123456789abcdef&prompts=",
      "the adapter for all vectors (the store: none; yours: 0123456789abcdef)",
    ],
    ["dtype=q8", "dtype=100%", "dtype (the store: q8; yours: 100%)"],
    ["dimension=768", "dimension=768&title=a=b", "title (the store: not set; yours: a=b)"],
  ])("names %j and %j", (part, other, expected) => {
    expect(differences(identity, identity.replace(part, other))).toBe(
      `They differ in ${expected}. `,
    );
  });

  it("lists several differences, and keys that have no words", () => {
    const stored = { constructor: "a", model: "tiny", prompts: { query: "q" } };
    expect(differences(stored, { constructor: "b", model: "large", dtype: "q8" })).toBe(
      "They differ in constructor (the store: a; yours: b), " +
        "model (the store: tiny; yours: large), " +
        'the model\'s prompts (the store: {"query":"q"}; yours: not set) ' +
        "and dtype (the store: not set; yours: q8). ",
    );
  });

  it("names the model of a digest where the other one has a name", () => {
    expect(differences(`sha256:${"a".repeat(32)}?dtype=q8`, "owner/name@0123?dtype=q8")).toBe(
      "They differ in the model (the store: sha256:aaaaaaaa…; yours: owner/name@0123). ",
    );
  });

  it("gives the values to programs", () => {
    expect(differencesOf(identity, "tiny?dtype=q8&recipe=1.0123456789abcdef")).toEqual([
      { key: "", name: "the model", stored: "owner/name@0123", given: "tiny" },
      {
        key: "prompts",
        name: "the model's prompts",
        stored: "aaaaaaaaaaaaaaaa",
        given: undefined,
      },
      { key: "dimension", name: "dimension", stored: "768", given: undefined },
    ]);
  });

  it("does not print digests and long values", () => {
    expect(
      differences(`sha256:${"a".repeat(32)}?dtype=q8`, `sha256:${"b".repeat(32)}?dtype=q8`),
    ).toBe("They differ in the model. ");
    expect(differences("a?prompt=", `a?prompt=${"x".repeat(500)}`).length).toBeLessThan(160);
  });

  it.each([
    ["my model", "your model"],
    ["my model", identity],
    ["what is it?", "what was it?"],
    ["?dtype=q8", "?dtype=fp32"],
    ["a?b", "a?c"],
    ["tiny?dtype=q8", { model: "tiny", dtype: "q8" }],
  ])("does not compare the parts of %j and %j", (one, two) => {
    expect(differences(one, two)).toBe("");
  });
});

describe("sayCopy", () => {
  const commit = identity.replace("0123?", `${"0123456789".repeat(4)}?`);
  const folder = commit.replace(/^[^?]+/, `sha256:${"a".repeat(32)}`);
  const copy = (one: string, two: string) => sayCopy(differencesOf(one, two));

  it.each([
    [commit, folder],
    [folder, commit],
  ])("says that the folder may have the files of the commit: %j and %j", (one, two) => {
    expect(copy(one, two)).toBe(
      "If the folder is a copy of that commit, the vectors agree all the same: files have " +
        "another identity in a folder than on the Hub. Otherwise they do not. ",
    );
  });

  it.each([
    ["more differs than the model", commit, folder.replace("q8", "fp32")],
    ["both are folders", folder, folder.replaceAll("aaaa", "bbbb")],
    ["both are on the Hub", commit, commit.replace("owner", "other")],
    ["one is neither", folder, identity],
    ["nothing differs", commit, commit],
  ])("says nothing if %s", (_, one, two) => {
    expect(copy(one, two)).toBe("");
  });
});
