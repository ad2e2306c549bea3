import { expect, test, vi } from "vitest";
import { EmbeddingGemmaError, show } from "./errors.ts";

test("isInstance accepts an error of another copy of the package", async () => {
  vi.resetModules();
  const copy = await import("./errors.ts");
  const error = new copy.EmbeddingGemmaError("DISPOSED", "gone");
  expect(error).not.toBeInstanceOf(EmbeddingGemmaError);
  expect(EmbeddingGemmaError.isInstance(error)).toBe(true);
});

test.for([new Error("other"), null, undefined, "text", { code: "DISPOSED" }])(
  "isInstance rejects %s",
  (value) => {
    expect(EmbeddingGemmaError.isInstance(value)).toBe(false);
  },
);

test("an error has a code, details and a cause", () => {
  const cause = new Error("why");
  const error = new EmbeddingGemmaError("LOAD_FAILED", "what", { file: "model.onnx" }, { cause });
  expect(error).toMatchObject({
    name: "EmbeddingGemmaError",
    code: "LOAD_FAILED",
    details: { file: "model.onnx" },
    cause,
  });
  expect(String(error)).toBe("EmbeddingGemmaError: what");
});

test.for([
  ["text", '"text"'],
  ["x".repeat(200), `"${"x".repeat(76)}…"`],
  [12, "12"],
  [null, "null"],
  [[1, 2], "an array of 2"],
  [{}, "an object (Object)"],
  [Object.create(null), "an object (no prototype)"],
  [() => 0, "a function"],
] as const)("%o is shown as %s", ([value, shown]) => {
  expect(show(value)).toBe(shown);
});
