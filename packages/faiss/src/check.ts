import { checkerFor, type Rule } from "@embeddinggemma/internal";
import { FaissStoreError } from "./errors.ts";

export {
  awaitHint,
  isRecord,
  nearestOption,
  type Rule,
  type Rules,
  rules,
} from "@embeddinggemma/internal";

export const checker = checkerFor(
  (message, details) => new FaissStoreError("INVALID_ARGUMENT", message, details),
);

export const { checkOptions, invalidArgument } = checker;

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): Rule {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return {
    expected: `a whole number ${range}`,
    accepts: (value) =>
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  };
}
