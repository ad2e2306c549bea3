import { checkerFor } from "@embeddinggemma/internal";
import { FaissStoreError } from "./errors.ts";

export { isRecord, nearestOption, type Rule, type Rules, rules } from "@embeddinggemma/internal";

export const checker = checkerFor(
  (message, details) => new FaissStoreError("INVALID_ARGUMENT", message, details),
);

export const { checkOptions, invalidArgument } = checker;
