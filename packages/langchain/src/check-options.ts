import { EmbeddingGemmaError } from "@embeddinggemma/core";
import { FaissStoreError } from "@embeddinggemma/faiss";
import { checkerFor, isRecord, type Rule } from "@embeddinggemma/internal";

type Checker = ReturnType<typeof checkerFor>;

export const embeddingsChecker = checkerFor(
  (message, details) => new EmbeddingGemmaError("INVALID_ARGUMENT", message, details),
);

export const storeChecker = checkerFor(
  (message, details) => new FaissStoreError("INVALID_ARGUMENT", message, details),
);

/**
 * Checks the adapter's own options and passes the others to `create`, which checks them. If it
 * refuses an unknown option, its "Did you mean" can name one of the adapter's own options too.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function createWith<T, Others extends object>(
  { checkOptions, invalidArgument }: Checker,
  ownRules: Readonly<Record<string, Rule>>,
  options: object,
  create: (others: Others) => T,
): T {
  if (!isRecord(options) || Array.isArray(options))
    throw invalidArgument("options", options, "an object");
  const isOwn = ([name]: [string, unknown]) => Object.hasOwn(ownRules, name);
  const entries = Object.entries(options);
  const others = Object.fromEntries(entries.filter((entry) => !isOwn(entry))) as Others;
  checkOptions(Object.fromEntries(entries.filter(isOwn)), ownRules);
  try {
    return create(others);
  } catch (error) {
    const { message, details } = error as EmbeddingGemmaError | FaissStoreError;
    if (!message.includes("Did you mean")) throw error;
    const { option, nearest } = details as { option: string; nearest: string };
    checkOptions({ [option]: options[option] }, { ...ownRules, [nearest]: anything });
    throw error;
  }
}

const anything: Rule = { expected: "anything", accepts: () => true };
