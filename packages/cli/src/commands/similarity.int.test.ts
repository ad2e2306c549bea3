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

it("says which texts were cut", async () => {
  const argv = ["similarity", "red", "Mars ".repeat(2100), "--model", "tiny"];
  const { errors } = await run(argv);
  expect(errors).toBe("1 of 2 texts was longer than 2,048 tokens, and was cut: text 2.\n");
});

it("says what is wrong with flags, with exit code 2", async () => {
  const { code, errors } = await run(["similarity", "--treshold", "1", "a", "b"]);
  expect(code).toBe(2);
  expect(errors).toContain("unknown option '--treshold'");
});
