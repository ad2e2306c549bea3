import { EmbeddingGemmaError, type PromptOptions } from "@embeddinggemma/core";
import { checkerFor, isObject, type Rules, rules } from "@embeddinggemma/internal";

/**
 * What `providerOptions.embeddingGemma` takes in `embed` and `embedMany`.
 *
 * @example
 * const options = { title: "Mars" } satisfies EmbeddingGemmaProviderOptions;
 * await embed({ model, value, providerOptions: { embeddingGemma: options } });
 */
export type EmbeddingGemmaProviderOptions = {
  /**
   * What the vectors are for: the name of one of the model's prompts, such as `"query"`,
   * `"document"`, `"STS"` or `"Clustering"`, or the text of a prompt.
   *
   * @default the task of the model, `"query"` or `"document"`
   */
  task?: string | { prompt: string };
  /** Title of the document, or one for each value. @default "none", as in the model's training */
  title?: string | string[];
  /** Numbers of a vector, such as 768, 512, 256 or 128. Takes precedence over `dimensions`. */
  truncateDim?: number;
};

/** The vectors of queries, or those of documents. */
export type Side = "query" | "document";

/**
 * What to embed, and how.
 *
 * @param ownSide - the side of the model, which a task may change
 * @throws `INVALID_ARGUMENT`
 */
export function readCall(values: readonly string[], given: unknown, ownSide: Side) {
  const options = (given ?? {}) as EmbeddingGemmaProviderOptions;
  checkOptions(options, callRules);
  for (const [at, value] of values.entries())
    if (!isText(value)) throw invalidArgument(`values[${at}]`, value, "a string");
  const { task = ownSide, title, truncateDim } = options;
  const titles = Array.isArray(title) ? title : values.map(() => title);
  if (titles.length !== values.length)
    throw invalidArgument(
      "title",
      title,
      `a string, or an array of ${values.length}, one for each value`,
    );
  const isSide = task === "query" || task === "document";
  const prompt: PromptOptions = typeof task === "string" ? { promptName: task } : task;
  return {
    side: isSide ? task : ownSide,
    prompt: isSide ? {} : prompt,
    documents: values.map((text, at) => ({ text, title: titles[at] })),
    hasTitle: title !== undefined,
    truncateDim,
  };
}

const { checkOptions, invalidArgument } = checkerFor(
  (message, details) => new EmbeddingGemmaError("INVALID_ARGUMENT", message, details),
);

const isText = rules.text.accepts;

const callRules: Rules<EmbeddingGemmaProviderOptions> = {
  task: {
    expected: 'the name of a prompt, such as "query", or { prompt: "…" }',
    accepts: (task) =>
      isText(task) || (isObject(task) && isText(task.prompt) && Object.keys(task).length === 1),
  },
  title: {
    expected: "a string, or an array with one for each value",
    accepts: (title) => isText(title) || (Array.isArray(title) && title.every(isText)),
  },
  truncateDim: rules.count,
};
