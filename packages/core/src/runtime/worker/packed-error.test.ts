import { expect, test } from "vitest";
import { EmbeddingGemmaError } from "../../errors.ts";
import { packError, unpackError } from "./packed-error.ts";

/** The error as another process receives it. */
const sent = (error: unknown) => unpackError(structuredClone(packError(error)));

test("an error of this package keeps all fields", () => {
  const cause = new RangeError("too much", { cause: 287180544 });
  const error = new EmbeddingGemmaError(
    "LOAD_FAILED",
    "no",
    { folder: "f", tried: [1, 2] },
    { cause },
  );
  const received = sent(error) as EmbeddingGemmaError;
  expect(EmbeddingGemmaError.isInstance(received)).toBe(true);
  expect(received).toBeInstanceOf(EmbeddingGemmaError);
  expect(received).toMatchObject({
    code: "LOAD_FAILED",
    message: "no",
    details: { folder: "f", tried: [1, 2] },
  });
  expect(received.stack).toBe(error.stack);
  expect(received.cause).toBeInstanceOf(Error);
  expect(received.cause).toMatchObject({
    name: "RangeError",
    message: "too much",
    cause: 287180544,
  });
});

test("any other error keeps name, message, stack and code", () => {
  const error = Object.assign(new TypeError("bad"), { code: "ERR_BAD" });
  expect(sent(error)).toMatchObject({
    name: "TypeError",
    message: "bad",
    code: "ERR_BAD",
    stack: error.stack,
  });
  expect(sent(Object.assign(new Error("plain"), { code: 7 }))).toMatchObject({ code: 7 });
  expect(sent(new Error("plain"))).not.toHaveProperty("code");
  expect(sent(new Error("plain"))).not.toHaveProperty("cause");
});

test.each([287180544, "text", 1n, null, undefined])(
  "a value that is not an error stays the same: %s",
  (value) => {
    expect(sent(value)).toBe(value);
  },
);

test("values that cannot be sent become text, or are left out of the details", () => {
  expect(sent(Symbol("s"))).toBe("Symbol(s)");
  const received = sent(new EmbeddingGemmaError("INVALID_ARGUMENT", "no", { text: () => {} }));
  expect(received).toMatchObject({ code: "INVALID_ARGUMENT", message: "no", details: {} });
});
