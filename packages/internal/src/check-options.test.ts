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
  [[], "options must be an object; an array of 0 was given.", {}],
  [new Map([["path", path]]), "options must be an object; an object (Map) was given.", {}],
  [Promise.resolve({ path }), "options must be an object; an object (Promise) was given.", {}],
  [
    new (class Settings {
      path = path;
      save() {}
    })(),
    "options must be an object; an object (Settings) was given.",
    {},
  ],
  [AbortSignal.abort(), "options must be an object; an object (AbortSignal) was given.", {}],
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

const known = (...names: string[]) => Object.fromEntries(names.map((name) => [name, rules.text]));
const embedderRules = known(
  "model",
  "truncateDim",
  "normalize",
  "onTruncate",
  "truncation",
  "promptName",
  "cacheDir",
  "dtype",
  "workers",
);
const searchRules = known("k", "fetchK", "lambda", "minScore", "filter");
const storeRules = known("dimension", "searchDimension", "precision", "scanBelow");

test.for<[string, Rules<Record<string, string>>, string]>([
  ["truncate_dim", embedderRules, "truncateDim"],
  ["TruncateDim", embedderRules, "truncateDim"],
  ["truncate", embedderRules, "truncation"],
  ["prompt-name", embedderRules, "promptName"],
  ["dimensions", embedderRules, "truncateDim"],
  ["output_dimensionality", embedderRules, "truncateDim"],
  ["modelName", embedderRules, "model"],
  ["model_name_or_path", embedderRules, "model"],
  ["modelType", embedderRules, "model"],
  ["normalize_embeddings", embedderRules, "normalize"],
  ["cache_folder", embedderRules, "cacheDir"],
  ["quantized", embedderRules, "dtype"],
  ["num_workers", embedderRules, "workers"],
  ["processes", embedderRules, "workers"],
  ["pool", embedderRules, "workers"],
  ["topK", searchRules, "k"],
  ["n_results", searchRules, "k"],
  ["limit", searchRules, "k"],
  ["lambda_mult", searchRules, "lambda"],
  ["fetch_k", searchRules, "fetchK"],
  ["scoreThreshold", searchRules, "minScore"],
  ["where", searchRules, "filter"],
  ["dimensions", storeRules, "dimension"],
])("%s is known from other tools", ([option, optionRules, nearest]) => {
  const check = () => checkOptions({ [option]: "1" }, optionRules);
  expect(check).toThrow(`There is no option \`${option}\`. Did you mean \`${nearest}\`?`);
});

test("a synonym of an option that the call does not have is not suggested", () => {
  const options: Record<string, string> = { modelName: "x" };
  expect(() => checkOptions(options, searchRules)).toThrow("The options are k, fetchK,");
});

test.for<[string, Rules<Record<string, string>>, string]>([
  ["metric", storeRules, "Scores are always cosines. The options are dimension,"],
  ["distance_strategy", storeRules, "Scores are always cosines. The options are dimension,"],
  ["precision", embedderRules, "To quantize vectors, use quantizeEmbeddings. The options are"],
  ["metric", known("path"), "There is no option `metric`. The options are path."],
])("%s has no counterpart", ([option, optionRules, message]) => {
  expect(() => checkOptions({ [option]: "1" }, optionRules)).toThrow(message);
});
