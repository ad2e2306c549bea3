import { EmbeddingGemmaError } from "../errors.ts";
import type { Address } from "./address.ts";
import type { EmbeddingAnswer } from "./embedding-answer.ts";
import type { ServerFacts } from "./server-facts.ts";
import { ServerFailure } from "./server-failure.ts";
import { modelChanged } from "./server-pool.ts";
import { shownUrl } from "./shown-url.ts";

/** Notices from the answers of the servers that the model is another one. */
export class ServedModel {
  #served: string | undefined;
  /** A new value, about which the server is being asked. */
  #unclear: string | undefined;
  #dimension: number | undefined;

  /**
   * Checks an answer before its vectors are used.
   *
   * @throws `MODEL_CHANGED`; ServerFailure to ask the server what it serves, and send again
   */
  check({ served, vectors }: EmbeddingAnswer, facts: ServerFacts, address: Address): void {
    const dimension = vectors[0]?.length;
    this.#dimension ??= dimension;
    if (dimension !== this.#dimension) throw dimensionChanged(address, this.#dimension, dimension);
    this.#served ??= served;
    if (served === undefined || served === this.#served) return;
    if (facts.api === "openai") throw modelChanged(address.url, this.#served!, served);
    if (this.#unclear === served) {
      // The server says that it has the same model as before.
      this.#served = served;
      return;
    }
    this.#unclear = served;
    address.recheck();
    throw new ServerFailure(`${address.url} may have another model than before.`, {
      kind: "retry",
      url: address.url,
    });
  }
}

function dimensionChanged(address: Address, expected?: number, found?: number) {
  const url = shownUrl(address.url);
  return new EmbeddingGemmaError(
    "MODEL_CHANGED",
    `${url} sent vectors of ${found} numbers; before, they had ${expected}. It has another model ` +
      "now. Connect again.",
    { url, expected, found },
  );
}
