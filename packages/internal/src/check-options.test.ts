import { expect, test } from "vitest";
import { checkerFor, oneOf, type Rules, rules } from "./check-options.ts";

interface Options {
  precision?: string;
  maxBytes?: number;
  onProgress?: () => void;
}

const optionRules: Rules<Options> = {
  precision: oneOf(["float32", "int8"]),
  maxBytes: rules.count,
  onProgress: {
    ...rules.callback,
    hint: (value) => (value === null ? "Leave it out." : undefined),
  },
};

const { checkOptions } = checkerFor((message, details) =>
  Object.assign(new RangeError(message), { details }),
);

test.for<[unknown, string, object]>([
  [{ precision: "int4" }, 'precision must be one of float32, int8; "int4" was given.', {}],
  [{ maxBytes: 0 }, "maxBytes must be a whole number of at least 1; 0 was given.", {}],
  [{ onProgress: null }, "onProgress must be a function; null was given. Leave it out.", {}],
  [
    { maxbytes: 1 },
    "There is no option `maxbytes`. Did you mean `maxBytes`?",
    { nearest: "maxBytes" },
  ],
  [{ rescore: "int8" }, "The option `rescore` is now called `precision`.", { option: "rescore" }],
  [null, "options must be an object; null was given.", {}],
  ["int8", 'options must be an object; "int8" was given.', {}],
])("%j is refused", ([options, message, details]) => {
  const check = () => checkOptions(options as Options, optionRules, { rescore: "precision" });
  expect(check).toThrow(
    expect.objectContaining({ message, details: expect.objectContaining(details) }),
  );
});

test("what follows its rule is accepted, and undefined always is", () => {
  const options = { precision: "int8", maxBytes: 1, onProgress: () => {} };
  expect(() => checkOptions(options, optionRules)).not.toThrow();
  const undefinedOnly = { precision: undefined, unknown: undefined } as unknown as Options;
  expect(() => checkOptions(undefinedOnly, optionRules)).not.toThrow();
});

test("names that every object inherits are unknown options", () => {
  const options = { constructor: 1 } as unknown as Options;
  expect(() => checkOptions(options, optionRules)).toThrow("no option `constructor`");
});
