import { expect, test } from "vitest";
import { checkerFor, rules } from "./check-options.ts";
import { explainElsewhere } from "./option-elsewhere.ts";

const checker = checkerFor((message, details) => Object.assign(new Error(message), { details }));
const create = (options: object) => checker.checkOptions(options, { dtype: rules.text });
const advice = (option: string) => `It is an option of the model: { ${option} }.`;

function refused(options: object): unknown {
  try {
    checker.checkOptions(options, { index: rules.text });
  } catch (error) {
    return explainElsewhere(checker, error, options, { create, advice });
  }
  return undefined;
}

test.each([
  [{ dtype: "q8" }, 'dtype must be left out here; "q8" was given. It is an option of the model'],
  [{ dtype: 8 }, "dtype must be left out here; 8 was given. It is an option of the model"],
  [{ verbosity: 1 }, "There is no option `verbosity`. The options are index."],
  [{ index: 1 }, "index must be a string; 1 was given."],
])("%j", (options, message) => {
  expect(refused(options)).toMatchObject({ message: expect.stringContaining(message) });
});
