import type { BatchLimits } from "../encoding/batches.ts";
import type { EmbeddingModel } from "../encoding/embedding-model.ts";
import { EmbeddingQueue } from "../encoding/embedding-queue.ts";
import type { ModelInput } from "../encoding/prompts.ts";
import { withRow } from "../encoding/refused-text.ts";
import { type PreparedText, tokenizeInputs } from "../encoding/tokenize.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import type { ModelDescription } from "../model/description.ts";
import type { Tokenizer } from "../runtime/backend.ts";
import { tokensOf } from "../runtime/tokens-of.ts";
import { normalizeUnlessUnit } from "../vectors/vectors.ts";
import { countRemoteTokens } from "./count-remote-tokens.ts";
import { dtypeOf } from "./describe-server.ts";
import type { RemoteTokenizer } from "./load-remote-tokenizer.ts";
import type { RemoteClient } from "./remote-client.ts";
import { contentOf, estimateTokens, type RemoteText } from "./remote-text.ts";
import type { ServerFacts } from "./server-facts.ts";

/** A model that runs on servers. */
export interface RemoteModel extends EmbeddingModel<RemoteText> {
  /** What fits into one request. */
  readonly limits: BatchLimits;
  /** Where its servers are reached. */
  readonly facts: ServerFacts;
}

export interface RemoteModelParts {
  readonly client: RemoteClient;
  readonly facts: ServerFacts;
  readonly description: ModelDescription;
  readonly tokenizer: RemoteTokenizer | null;
  readonly limits: BatchLimits;
  /** Number of requests at once. */
  readonly concurrency: number;
}

/**
 * What a request costs, in tokens. Servers put texts of several requests into one batch, so texts
 * of different length need not be sent apart.
 */
const requestOverhead = 512;

/** Makes a model of a connection to its servers. */
export function remoteModel(parts: RemoteModelParts): RemoteModel {
  const { client, facts, description, tokenizer, limits, concurrency } = parts;
  const { normalized, truncationSide: ownSide = "right" } = description;
  const queue = new EmbeddingQueue<RemoteText>({
    async embed(texts, { output, signal }) {
      const embeddings = await client.embed(texts, { output, normalized, signal });
      if (normalized && output === "sentence_embedding") embeddings.forEach(normalizeUnlessUnit);
      return embeddings;
    },
    cost: { overhead: requestOverhead },
    concurrency,
  });
  return {
    description,
    dtype: dtypeOf(facts),
    identity: identityOf(facts, description),
    batchInvariant: facts.own?.batchInvariant ?? true,
    tokenizer: tokenizer?.tokenizer ?? missingTokenizer,
    async tokens(text, options) {
      if (!tokenizer) throw withoutTokenizer("tokens with offsets");
      return tokensOf(tokenizer, text, options);
    },
    limits,
    facts,
    async prepare(inputs, { needsLengths = false, truncationSide = ownSide, signal } = {}) {
      const settings = { needsLengths, truncationSide, signal };
      const calledAt = performance.now();
      const prepare = (input: ModelInput, lengths: PreparedText): RemoteText => {
        const { tokens, fullLength, specialTokens = 0 } = lengths;
        const content = contentOf(input);
        return { content, truncationSide, calledAt, tokens, fullLength, specialTokens };
      };
      if (tokenizer) {
        const sequences = await tokenizeInputs(
          { backend: tokenizer, description },
          inputs,
          settings,
        );
        return inputs.map((input, index) => prepare(input, sequences[index]!));
      }
      const counts = needsLengths
        ? await countTokens(parts, inputs, signal)
        : inputs.map((input) => ({ fullLength: estimateTokens(contentOf(input)) }));
      return inputs.map((input, index) => {
        const count = counts[index]!;
        const tokens = Math.min(count.fullLength, description.maxTokens);
        return prepare(input, { tokens, ...count });
      });
    },
    run: (request) => queue.run(request),
    release: () => queue.idle(),
  };
}

/** The same as that of a local model only if the server says it. */
function identityOf({ own, identity }: ServerFacts, { normalized }: ModelDescription): string {
  return own ? identity : `${identity}&raw=${!normalized}`;
}

async function countTokens(
  { client, facts, description }: RemoteModelParts,
  inputs: readonly ModelInput[],
  signal: AbortSignal | undefined,
): Promise<Pick<PreparedText, "fullLength" | "specialTokens">[]> {
  if (facts.api === "openai") throw withoutTokenizer("lengths of texts");
  const contents = inputs.map(contentOf);
  const lengths: Pick<PreparedText, "fullLength" | "specialTokens">[] = contents.map(
    ({ length }) => ({ fullLength: length }),
  );
  const rows = [...contents.keys()].filter((row) => typeof contents[row] === "string");
  const texts = rows.map((row) => contents[row] as string);
  const counts = await countRemoteTokens(client, texts, description.maxTokens, signal).catch(
    (error: unknown) => {
      throw withRow(error, (text) => rows[text]!);
    },
  );
  for (const [position, row] of rows.entries()) lengths[row] = counts[position]!;
  return lengths;
}

const missingTokenizer: Tokenizer = {
  encode() {
    throw withoutTokenizer("token ids");
  },
  decode() {
    throw withoutTokenizer("the text of token ids");
  },
};

function withoutTokenizer(what: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `The server does not say ${what}. Set the option \`tokenizer\` to the ` +
      "folder or Hub id of its model, so that its tokenizer is loaded.",
  );
}
