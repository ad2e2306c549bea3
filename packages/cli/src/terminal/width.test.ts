import { expect, it } from "vitest";
import { cut, firstLines } from "./width.ts";

it("cuts a text to columns", () => {
  expect(cut("Mars is red", 11)).toBe("Mars is red");
  expect(cut("Mars is red", 8)).toBe("Mars is…");
  expect(cut("火星は赤い", 7)).toBe("火星は…");
});

it("breaks lines between words", () => {
  const text = "Mars is\nthe red planet,  and it has two moons.";
  expect(firstLines(text, 16, 2)).toEqual(["Mars is the red", "planet, and it…"]);
  expect(firstLines(text, 16, 4)).toEqual(["Mars is the red", "planet, and it", "has two moons."]);
  expect(firstLines("Phobos", 3, 2)).toEqual(["Pho", "bos"]);
  expect(firstLines(" \n", 16, 2)).toEqual([]);
});
