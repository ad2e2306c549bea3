import type { Adapter } from "./adapter/adapter.ts";
import { loadedAdapterRule } from "./adapter/adapter-option.ts";
import { isRecord, type Rules, rules } from "./check.ts";
import type { ModelDescription } from "./model/description.ts";
import { type EncodeDefaults, encodeDefaultsRules, nameRule } from "./options.ts";
import type { Backend } from "./runtime/backend.ts";

/** What {@link Embedder.from} creates an embedder from, and the defaults for its calls. */
export interface EmbedderParts extends EncodeDefaults {
  /**
   * A name for error messages and {@link Embedder.identity}. Backends that give different vectors
   * need different names, otherwise a shared cache would mix their vectors.
   */
  model: string;
  /** Tokenizes and runs the model. */
  backend: Backend;
  /** Prompts, pooling, maximum length and dimensions of the model. */
  description: ModelDescription;
  /** An adapter that was made for {@link EmbedderParts.model}. @default none */
  adapter?: Adapter | null | undefined;
}

export const partsRules: Rules<EmbedderParts> = {
  ...encodeDefaultsRules,
  model: { ...nameRule, required: true },
  backend: {
    expected: "a Backend, an object with tokenizer, tokenize, run and dispose",
    accepts: (value) => isRecord(value) && typeof value.run === "function",
    required: true,
  },
  description: { ...rules.object, required: true },
  adapter: loadedAdapterRule,
};
