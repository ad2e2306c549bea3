import { similarity } from "@embeddinggemma/core";
import { describeEmbedding, FaissStoreError } from "@embeddinggemma/faiss";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import { Settings } from "@llamaindex/core/global";
import type { EmbeddingGemmaEmbedding } from "./embedding.ts";

/** Vectors of one text by one model may differ a little, for example those of a remote model. */
const minCosine = 0.98;

/**
 * Checks that the model of the nodes has embedded a query: an index embeds nodes with the model of
 * the vector store, but queries with `Settings.embedModel`.
 *
 * @returns whether later queries need no check
 * @throws FaissStoreError `IDENTITY_MISMATCH` if it was certainly another model
 */
export async function checkQueryModel(
  embedModel: BaseEmbedding,
  text: string,
  queryEmbedding: number[],
): Promise<boolean> {
  const settingsModel = modelOfSettings();
  if (!settingsModel || settingsModel === embedModel) return false;
  if (await haveSameIdentity(embedModel, settingsModel)) {
    if (await lacksAdapter(embedModel, settingsModel, text, queryEmbedding)) throw withoutAdapter();
    return true;
  }
  const isBy = (model: BaseEmbedding) => embeds(model, text, queryEmbedding);
  // Neither of them: the query is no text, or the caller has embedded it in another way.
  if ((await isBy(embedModel)) || !(await isBy(settingsModel))) return true;
  throw new FaissStoreError(
    "IDENTITY_MISMATCH",
    "Settings.embedModel has embedded the query, but the `embedModel` of the vector store embeds " +
      "the nodes, so their vectors cannot be compared. An index of LlamaIndex embeds queries " +
      "with Settings.embedModel. Set that to the same model, or tell the index: " +
      "`index.embedModel = vectorStore.embedModel`.",
    { nodes: embedModel.constructor.name, queries: settingsModel.constructor.name },
  );
}

function modelOfSettings(): BaseEmbedding | undefined {
  try {
    return Settings.embedModel;
  } catch {
    return undefined; // It is not set.
  }
}

async function haveSameIdentity(one: BaseEmbedding, other: BaseEmbedding): Promise<boolean> {
  const { identity } = await describeEmbedding(one);
  return identity !== undefined && identity === (await describeEmbedding(other)).identity;
}

/**
 * Whether a query lacks the adapter that the model of the nodes has for queries. Nodes without one
 * and queries with one are fine: such an adapter is made for that.
 */
async function lacksAdapter(
  embedModel: BaseEmbedding,
  settingsModel: BaseEmbedding,
  text: string,
  queryEmbedding: number[],
): Promise<boolean> {
  const [wanted, other] = await Promise.all([embedModel, settingsModel].map(queryIdentityOf));
  if (wanted === other || !wanted?.includes("&queryAdapter=")) return false;
  const [own, ofSettings] = await Promise.all(
    [embedModel, settingsModel].map((model) => cosineOf(model, text, queryEmbedding)),
  );
  return ofSettings! > own!;
}

/** Not `instanceof`: two copies of this package may be installed. */
async function queryIdentityOf(model: BaseEmbedding): Promise<string | undefined> {
  const { queryIdentity } = model as Partial<EmbeddingGemmaEmbedding>;
  return queryIdentity?.call(model as EmbeddingGemmaEmbedding);
}

function withoutAdapter(): FaissStoreError {
  return new FaissStoreError(
    "IDENTITY_MISMATCH",
    "Settings.embedModel has embedded the query, without the adapter that the `embedModel` of " +
      "the vector store has for queries. An index of LlamaIndex embeds queries with " +
      "Settings.embedModel. Give that the same `adapter`, or tell the index: " +
      "`index.embedModel = vectorStore.embedModel`.",
  );
}

/** Whether a model makes this vector of a text. One that fails does not. */
async function embeds(model: BaseEmbedding, text: string, vector: number[]): Promise<boolean> {
  return (await cosineOf(model, text, vector)) >= minCosine;
}

/** The cosine of a vector with the one that a model makes of a text; 0 if it fails. */
async function cosineOf(model: BaseEmbedding, text: string, vector: number[]): Promise<number> {
  try {
    const own = (await model.getQueryEmbedding({ type: "text", text })) ?? [];
    const [[cosine = 0] = []] = similarity(own, vector);
    return cosine;
  } catch {
    return 0;
  }
}
