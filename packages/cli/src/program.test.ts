import { describe, expect, it } from "vitest";
import { run } from "./testing/run-program.ts";

describe("what is misspelt", () => {
  it.each([
    { argv: ["index", "notes", "--stor", "x"], meant: "--store" },
    { argv: ["search", "--stor", "x"], meant: "--store" },
    { argv: ["search", "red", "-store", "x"], meant: "--store" },
    { argv: ["tune", "data", "--outptu", "x"], meant: "--output" },
    { argv: ["embed", "a", "--modle", "tiny"], meant: "--model" },
    { argv: ["similarity", "a", "--jsno"], meant: "--json" },
    { argv: ["eval", "--splti", "test"], meant: "--split" },
    { argv: ["models", "download", "--dtpye", "q4"], meant: "--dtype" },
    { argv: ["doctor", "--ofline"], meant: "--offline" },
    { argv: ["search", "red", "-s", "x", "--top-k", "3"], meant: "--count" },
    { argv: ["search", "red", "-s", "x", "--limit=3"], meant: "--count" },
    { argv: ["search", "red", "-s", "x", "-n", "3"], meant: "--count" },
    { argv: ["embed", "a", "--dimensions", "256"], meant: "--truncate-dim" },
    { argv: ["serch", "red"], meant: "search" },
    { argv: ["help", "serch"], meant: "search" },
    { argv: ["serch", "--help"], meant: "search" },
    { argv: ["models", "downlaod"], meant: "download" },
    { argv: ["help", "models", "remov"], meant: "remove" },
    { argv: ["models", "help", "remov"], meant: "remove" },
  ])("$argv", async ({ argv, meant }) => {
    const { code, output, errors } = await run(argv);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toContain(`(Did you mean ${meant}?)\n`);
  });
});

it.each([
  { argv: ["embed", "Mars", "--model", "Tiny"] },
  { argv: ["embed", "Mars", "--model", "tinny"] },
  { argv: ["serve", "--model-id", "tinny"] },
])("$argv names no model", async ({ argv }) => {
  const { code, errors } = await run(argv);
  expect(code).toBe(2);
  expect(errors).toContain("is invalid. Did you mean tiny?\n");
});

it.each([
  ["embed", "a"],
  ["models", "download"],
  ["index", "docs", "-s", "x"],
])("names the variable for the token of the Hub: %s %s", async (...argv) => {
  for (const flag of ["--token", "--hf-token=x"]) {
    const { code, errors } = await run([...argv, flag]);
    expect(code).toBe(2);
    expect(errors).toContain(
      "\n(For a token of the Hugging Face Hub, set the variable HF_TOKEN.)\n",
    );
    expect(errors).not.toContain("Did you mean");
  }
});

it("names the command that other programs call so", async () => {
  const { code, errors } = await run(["compare", "a", "b"]);
  expect(code).toBe(2);
  expect(errors).toContain("error: unknown command 'compare'\n(Did you mean similarity?)\n");
});

it("names the commands where none is similar", async () => {
  const { code, output, errors } = await run(["help", "nope"]);
  expect({ code, output }).toEqual({ code: 2, output: "" });
  expect(errors).toMatch(
    /^error: unknown command 'nope'\n\(The commands are index, search, .*\.\)\n/,
  );
});

it.each([
  ["help", "search"],
  ["search", "--help"],
])("%s %s prints the help", async (...argv) => {
  const { code, output } = await run(argv);
  expect(code).toBe(0);
  expect(output).toMatch(/^Usage: embeddinggemma search /);
  expect(output).toContain("folder of the store (required)\n");
});

it.each([
  ["help", "models", "remove"],
  ["models", "help", "remove"],
])("%s %s %s prints the help", async (...argv) => {
  const { code, output } = await run(argv);
  expect(code).toBe(0);
  expect(output).toMatch(/^Usage: embeddinggemma models remove /);
});

it.each([
  { argv: ["index", "notes"], option: "-s, --store <folder>" },
  { argv: ["search", "red"], option: "-s, --store <folder>" },
  { argv: ["tune", "data"], option: "-o, --output <folder>" },
])("$argv lacks $option", async ({ argv, option }) => {
  const { code, output, errors } = await run(argv);
  expect({ code, output }).toEqual({ code: 2, output: "" });
  expect(errors).toContain(`error: required option '${option}' not specified\n`);
});

it.each([
  ["search", "red", "--store", ""],
  ["index", "", "--store", "notes.store"],
  ["index", "notes", "--store", "notes.store", "--root", ""],
  ["embed", "Mars", "--cache-dir", ""],
])("%s %j %s %j: an empty path is refused", async (...argv) => {
  const { code, output, errors } = await run(argv);
  expect({ code, output }).toEqual({ code: 2, output: "" });
  expect(errors).toContain(". It is empty: is a variable of your shell not set?\n");
});

it.each([["index", "docs"], ["search", "red"], ["serve"]])(
  "%s takes no URL as --store",
  async (...argv) => {
    const { code, output, errors } = await run([...argv, "--store", "https://example.com/docs"]);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toContain("is invalid. Only files on this machine can be used:");
  },
);

it.each(["-v", "-V", "--version"])("prints its version for %s", async (flag) => {
  const { code, output } = await run([flag]);
  expect(code).toBe(0);
  expect(output).toMatch(/^\d+\.\d+\.\d+\n$/);
});
