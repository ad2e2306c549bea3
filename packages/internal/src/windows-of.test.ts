import { expect, test } from "vitest";
import { windowsOf } from "./windows-of.ts";

test("items are together, as many as are embedded together", async () => {
  async function* items() {
    for (let item = 0; item < 300; item++) yield item;
  }
  const sizes: number[] = [];
  for await (const window of windowsOf(items())) sizes.push(window.length);
  expect(sizes).toEqual([256, 44]);
});

test("items before an error come before it", async () => {
  async function* items() {
    yield* ["a", "b"];
    throw new Error("no more");
  }
  const seen: string[][] = [];
  const read = async () => {
    for await (const window of windowsOf(items())) seen.push(window);
  };
  await expect(read()).rejects.toThrow("no more");
  expect(seen).toEqual([["a", "b"]]);
});
