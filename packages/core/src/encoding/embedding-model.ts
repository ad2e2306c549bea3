import type { LoadedModel } from "../model/loaded-model.ts";
import type { Tokenizer } from "../runtime/backend.ts";
import { type Token, type TokensOptions, tokensOf } from "../runtime/tokens-of.ts";
import { embedBatch } from "./embed-batch.ts";
import { EmbeddingQueue, type EmbeddingRequest } from "./embedding-queue.ts";
import { inferenceOverhead } from "./inference-overhead.ts";
import type { ModelInput } from "./prompts.ts";
import {
  type PreparedText,
  type TokenizeSettings,
  type TokenSequence,
  tokenizeInputs,
} from "./tokenize.ts";

/** A model that turns inputs into vectors, for an embedder: here, or on a server. */
export interface EmbeddingModel<Prepared extends PreparedText = PreparedText>
  extends Pick<LoadedModel, "description" | "dtype" | "identity" | "batchInvariant"> {
  readonly tokenizer: Tokenizer;
  /** The tokens of a text with their offsets; see {@link tokensOf}. */
  tokens(text: string, options: TokensOptions): Promise<Token[]>;
  /**
   * Makes inputs ready for {@link EmbeddingModel.run}.
   *
   * @throws RefusedText if a server does not count the tokens of an input
   */
  prepare(inputs: readonly ModelInput[], settings?: TokenizeSettings): Promise<Prepared[]>;
  /** Embeds what `prepare` returned; see {@link EmbeddingQueue.run}. */
  run(request: EmbeddingRequest<Prepared>): Promise<void>;
  /** Frees the model after all running inferences. */
  release(): Promise<void>;
}

/** A model with the queue of everyone who uses it. */
export type LocalModel = EmbeddingModel<TokenSequence> & LoadedModel;

/** Puts a queue in front of a model. */
export function withQueue(model: LoadedModel): LocalModel {
  const { backend, operators } = model;
  const queue = new EmbeddingQueue<TokenSequence>({
    embed: (sequences, { output }) => embedBatch(model, sequences, output),
    cost: { overhead: inferenceOverhead(operators) },
    concurrency: backend.concurrency,
  });
  return {
    ...model,
    tokenizer: backend.tokenizer,
    tokens: (text, options) => tokensOf(backend, text, options),
    prepare: (inputs, settings) => tokenizeInputs(model, inputs, settings),
    run: (request) => queue.run(request),
    async release() {
      await queue.idle();
      await backend.dispose();
    },
  };
}
