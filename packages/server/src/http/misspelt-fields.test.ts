import { expect, it } from "vitest";
import { misspeltFields } from "./misspelt-fields.ts";

const known = ["inputs", "prompt_name", "truncate", "normalize"];

it.each([
  [{ inputs: "a", promt_name: "query" }, [{ field: "promt_name", meant: "prompt_name" }]],
  [{ inputs: "a", normalise: true }, [{ field: "normalise", meant: "normalize" }]],
  [{ inputs: "a", truncate: true, trunctate: true }, []],
  [{ inputs: "a", encoding_format: "float", user: "a", keep_alive: "5m", model: "b" }, []],
])("finds what is misspelt in %j", (body, expected) => {
  expect(misspeltFields(body, known)).toEqual(expected);
});
