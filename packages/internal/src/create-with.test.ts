import { expect, test } from "vitest";
import { checkerFor, rules } from "./check-options.ts";
import { createWith } from "./create-with.ts";

const checker = checkerFor((message, details) => Object.assign(new Error(message), { details }));

function create(options: object): object {
  checker.checkOptions(options, { model: rules.text }, { path: "model" });
  return options;
}

const createAdapter = (options: object) =>
  createWith(checker, { titleKey: rules.text, limit: rules.count }, options, create);

test("the adapter's own options are not passed on", () => {
  expect(createAdapter({ titleKey: "name", model: "tiny" })).toEqual({ model: "tiny" });
});

test.for<[object, string, string | undefined]>([
  [{ titelKey: 1 }, "There is no option `titelKey`. Did you mean `titleKey`?", "titleKey"],
  [{ modell: 1 }, "There is no option `modell`. Did you mean `model`?", "model"],
  [
    { verbosity: 1 },
    "There is no option `verbosity`. The options are titleKey, limit, model.",
    undefined,
  ],
])("%j is refused in view of all options", ([options, message, nearest]) => {
  const all = ["titleKey", "limit", "model"];
  expect(() => createAdapter(options)).toThrow(
    expect.objectContaining({
      message,
      details: { option: Object.keys(options)[0], nearest, options: all },
    }),
  );
});

test("an option that the adapter sets itself can neither be set nor is it listed", () => {
  const withheld = { names: ["model"], hint: "Use another call." };
  const createOne = (options: object) =>
    createWith(checker, { titleKey: rules.text }, options, create, withheld);
  expect(createOne({ model: undefined })).toEqual({ model: undefined });
  expect(() => createOne({ model: "tiny" })).toThrow(
    'model must be left out here; "tiny" was given. Use another call.',
  );
  expect(() => createOne({ verbosity: 1 })).toThrow(/The options are titleKey\.$/);
});

test("other errors stay as they are", () => {
  expect(() => createAdapter({ path: "tiny" })).toThrow("`path` is now called `model`");
  expect(() => createAdapter({ model: 1 })).toThrow("model must be a string");
});
