import type { PreTrainedModel } from "@huggingface/transformers";

/**
 * Lets an inference that fails end without an error for Transformers.js, which {@link outputsOf}
 * throws instead. In browsers, Transformers.js starts an inference when the one before has ended
 * well, so after one error all inferences of the page would fail, those of other models, too. It
 * would also print the tokens of the texts.
 */
export function containFailures({ sessions }: PreTrainedModel): void {
  for (const session of Object.values(sessions) as Session[]) {
    const run = session.run.bind(session);
    session.run = (inputs) => run(inputs).catch((error: unknown) => ({ [failure]: error }));
  }
}

/**
 * What a model returned.
 *
 * @throws the error of the runtime
 */
export function outputsOf<T extends object>(result: T): T {
  if (failure in result) throw result[failure];
  return result;
}

/** A session of ONNX Runtime, as far as needed. */
interface Session {
  run(inputs: object): Promise<object>;
}

const failure = Symbol("failure");
