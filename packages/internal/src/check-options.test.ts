import { expect, test } from "vitest";
import { checkerFor, oneOf, type Rules, rules, type UnknownOption } from "./check-options.ts";

interface Options {
  path: string;
  precision?: string;
  maxBytes?: number;
  onProgress?: () => void;
}

const optionRules: Rules<Options> = {
  path: { ...rules.text, required: true },
  precision: oneOf(["float32", "int8"]),
  maxBytes: rules.count,
  onProgress: {
    ...rules.callback,
    hint: (value) => (value === null ? "Leave it out." : undefined),
  },
};

const path = "folder";

const { checkOptions } = checkerFor((message, details) =>
  Object.assign(new RangeError(message), { details }),
);

test.for<[unknown, string, object]>([
  [{}, "path must be a string; undefined was given.", {}],
  [{ path: undefined }, "path must be a string; undefined was given.", {}],
  [{ path, precision: "int4" }, 'precision must be one of float32, int8; "int4" was given.', {}],
  [{ path, maxBytes: 0 }, "maxBytes must be a whole number of at least 1; 0 was given.", {}],
  [{ path, onProgress: null }, "onProgress must be a function; null was given. Leave it out.", {}],
  [
    { path, maxbytes: 1 },
    "There is no option `maxbytes`. Did you mean `maxBytes`?",
    { nearest: "maxBytes", options: Object.keys(optionRules) },
  ],
  [
    { path, verbose: true },
    "There is no option `verbose`. The options are path, precision, maxBytes, onProgress.",
    { option: "verbose", nearest: undefined, options: Object.keys(optionRules) },
  ],
  [
    { path, rescore: "int8" },
    "The option `rescore` is now called `precision`.",
    { option: "rescore" },
  ],
  [null, "options must be an object; null was given.", {}],
  ["int8", 'options must be an object; "int8" was given.', {}],
])("%j is refused", ([options, message, details]) => {
  const check = () => checkOptions(options as Options, optionRules, { rescore: "precision" });
  expect(check).toThrow(
    expect.objectContaining({ message, details: expect.objectContaining(details) }),
  );
});

test("values that follow their rule are accepted, and so is undefined unless required", () => {
  const options = { path, precision: "int8", maxBytes: 1, onProgress: () => {} };
  expect(() => checkOptions(options, optionRules)).not.toThrow();
  const undefinedOnly = { path, precision: undefined, unknown: undefined } as object as Options;
  expect(() => checkOptions(undefinedOnly, optionRules)).not.toThrow();
});

test("names that every object inherits are unknown options", () => {
  const options = { constructor: 1 } as unknown as Options;
  expect(() => checkOptions(options, optionRules)).toThrow("no option `constructor`");
});

test("a name is suggested if at most half of the characters differ", () => {
  const suggestion = (option: string) => {
    try {
      checkOptions({ [option]: 1 } as { size: number }, { size: rules.count });
    } catch (error) {
      return (error as { details: UnknownOption }).details.nearest;
    }
  };
  expect(["sixe", "sift", "soft", "sizeLimit"].map(suggestion)).toEqual([
    "size",
    "size",
    undefined,
    undefined,
  ]);
});
