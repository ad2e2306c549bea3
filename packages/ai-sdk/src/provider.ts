import { type EmbeddingModelV4, NoSuchModelError, type ProviderV4 } from "@ai-sdk/provider";
import { defaultModel, LazyEmbedder, type LazyEmbedderOptions } from "@embeddinggemma/core";
import { nearestOption } from "@embeddinggemma/internal";
import type { Side } from "./call-options.ts";
import { embeddingModel, type FoundModel } from "./embedding-model.ts";
import { noSuchModel, sdkError } from "./sdk-error.ts";

/**
 * Settings of {@link createEmbeddingGemma}: the options of `Embedder.load`, a `url` and the options
 * of `Embedder.connect`, or an `embedder` that is already loaded.
 */
export type EmbeddingGemmaProviderSettings = LazyEmbedderOptions;

/** A provider of the AI SDK. `query` and `document` share one embedder. */
export interface EmbeddingGemmaProvider extends ProviderV4 {
  /** For texts that search: what a user types or asks. */
  readonly query: EmbeddingModelV4;
  /** For texts that are found: what you store. */
  readonly document: EmbeddingModelV4;
  /**
   * The model with an id: `"query"`, `"document"`, or the Hub id or folder of another model, which
   * embeds documents, or queries with `:query` after it.
   *
   * @param modelId - "document" by default
   * @throws `NoSuchModelError` of the SDK
   */
  embeddingModel(modelId?: string): EmbeddingModelV4;
  /** Another name of {@link EmbeddingGemmaProvider.embeddingModel}. */
  textEmbeddingModel(modelId?: string): EmbeddingModelV4;
  /**
   * Describes everything that determines the vectors of documents, for a store of them.
   *
   * @param modelId - as for {@link EmbeddingGemmaProvider.embeddingModel}
   */
  identity(modelId?: string): Promise<string>;
  /** Frees all models that were loaded. An `embedder` that you passed stays loaded. */
  dispose(): Promise<void>;
}

/**
 * Creates a provider of the AI SDK. The first text loads the model.
 *
 * @throws `InvalidArgumentError` of the SDK, for everything that can be checked without the model
 * @example
 * const embeddingGemma = createEmbeddingGemma({ dtype: "q4", truncateDim: 256 });
 * const { embeddings } = await embedMany({ model: embeddingGemma.document, values });
 */
export function createEmbeddingGemma(
  settings: EmbeddingGemmaProviderSettings = {},
): EmbeddingGemmaProvider {
  const embedders = new Map<string, LazyEmbedder>();
  const { model, embedder, url, onTruncate } = settings ?? {};
  const ownName = String(model ?? embedder?.model ?? url ?? defaultModel);

  function find(id = "document"): FoundModel {
    const { name, side } = readId(id, ownName);
    const [one] = ofOneModel.filter((setting) => settings?.[setting] !== undefined);
    if (name !== ownName && one) throw noSuchModel(id, onlyOne(one, id));
    try {
      const options = name === ownName ? settings : { ...settings, model: name };
      const found = embedders.get(name) ?? new LazyEmbedder(options);
      embedders.set(name, found);
      return { modelId: `${name}:${side}`, embedder: found, side };
    } catch (error) {
      throw sdkError(error, id);
    }
  }

  const modelFor = (id?: string) => embeddingModel(find(id), onTruncate);
  const none = (modelType: "languageModel" | "imageModel") => (modelId: string) => {
    throw new NoSuchModelError({ modelId, modelType });
  };

  return {
    specificationVersion: "v4",
    query: modelFor("query"),
    document: modelFor("document"),
    embeddingModel: modelFor,
    textEmbeddingModel: modelFor,
    languageModel: none("languageModel"),
    imageModel: none("imageModel"),
    identity: async (id) => {
      const { embedder, modelId } = find(id);
      return embedder.identity().catch((error) => Promise.reject(sdkError(error, modelId)));
    },
    dispose: async () => {
      await Promise.all(Array.from(embedders.values(), (embedder) => embedder.dispose()));
    },
  };
}

/** Settings that are about one model. Another may have other prompts, for example. */
const ofOneModel = [
  ...(["embedder", "url", "revision", "modelFile", "subfolder", "adapter"] as const),
  ...(["prompts", "queryPrompt", "documentPrompt", "pooling", "maxTokens"] as const),
];

function onlyOne(setting: string, id: string): string {
  return (
    `The setting \`${setting}\` is about one model: use "query" or "document", not "${id}", or ` +
    "create another provider."
  );
}

/** The provider with all defaults: EmbeddingGemma 300m, which the first text loads. */
export const embeddingGemma: EmbeddingGemmaProvider = createEmbeddingGemma();

/** What an id says: `query`, or `org/model`, or `org/model:query`. */
function readId(id: string, ownName: string): { name: string; side: Side } {
  const [, name = ownName, side] = id.match(/^(?:(.+):)?(query|document)$/) ?? [id, id];
  const last = name.split(":").at(-1)!;
  const isOther = name !== ownName && !/[/\\]/.test(last);
  const meant = isOther && nearestOption(last, ["query", "document"]);
  if (meant) throw noSuchModel(id, `There is no model "${id}". Did you mean "${meant}"?`);
  return { name, side: side === "query" ? side : "document" };
}
