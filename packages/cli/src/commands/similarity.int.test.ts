import { expect, it } from "vitest";
import { run } from "../testing/run-program.ts";

it("ranks texts by similarity", async () => {
  const flags = ["--model", "tiny"];
  const texts = ["a fast car", "a red apple", "a quick automobile"];
  const { code, output } = await run(["similarity", ...flags, ...texts]);
  expect(code).toBe(0);
  expect(output.split("\n").map((line) => line.slice(8))).toEqual([texts[2], texts[1], ""]);

  const json = await run(["similarity", ...flags, "--json", ...texts]);
  const ranked = JSON.parse(json.output) as { text: string; score: number }[];
  expect(output).toBe(ranked.map(({ text, score }) => `${score.toFixed(4)}  ${text}\n`).join(""));
});

it("reads the text, or lines to compare it with, from standard input", async () => {
  const compare = (argv: string[], input: string) =>
    run(["similarity", "--model", "tiny", ...argv], { input });
  const texts = ["a fast car", "a red apple", '{"text":"a quick automobile"}'];
  const { output } = await compare(texts, "");
  const [text, ...others] = texts as [string, ...string[]];
  const expected = { code: 0, output, errors: "" };
  expect(await compare(["-", ...others], `${text}\n`)).toMatchObject(expected);
  expect(await compare([text, "-"], [...others].reverse().join("\n"))).toMatchObject(expected);
  const errors = "There was no text to compare it with.\n";
  expect(await compare([text, "-"], "")).toMatchObject({ code: 0, output: "", errors });
});

it("says which texts were cut", async () => {
  const argv = ["similarity", "red", "Mars ".repeat(2100), "--model", "tiny"];
  const { errors } = await run(argv);
  expect(errors).toBe("1 of 2 texts was longer than 2,048 tokens, and was cut: text 2.\n");
  const lines = ["similarity", "red", "-", "--model", "tiny"];
  const { errors: ofLines } = await run(lines, { input: `blue\n\n${"Mars ".repeat(2100)}` });
  expect(ofLines).toContain("cut: line 3.\n");
});

it("refuses a second -, and needs no model if there is nothing to compare", async () => {
  for (const argv of [
    ["similarity", "-", "-"],
    ["similarity", "a", "-", "b", "-"],
    ["embed", "-", "-"],
    ["embed", "--input", "-", "--input", "-"],
  ]) {
    const { code, errors } = await run([...argv, "--model", "tiny"], { input: "Mars" });
    expect(errors).toBe(
      "error: - stands for standard input, which can be read only once. Name it once.\n",
    );
    expect(code).toBe(2);
  }
  const nothing = await run(["similarity", "a", "-", "--model", "no/model", "--json"]);
  expect(nothing).toMatchObject({ code: 0, output: "[]\n" });
});

it("says what is wrong with flags, with exit code 2", async () => {
  const { code, errors } = await run(["similarity", "--treshold", "1", "a", "b"]);
  expect(code).toBe(2);
  expect(errors).toContain("unknown option '--treshold'");
});
