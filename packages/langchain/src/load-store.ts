import {
  FaissStore as CoreStore,
  checkOpenOptions,
  describeEmbedding,
  FaissStoreError,
  type FaissStoreOptions,
  type OpenOptions,
} from "@embeddinggemma/faiss";
import { createWith, defined, rules } from "@embeddinggemma/internal";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { addRules, checkEmbeddings } from "./check-arguments.ts";
import { storeChecker } from "./check-options.ts";
import { describable } from "./describable.ts";
import { checkRecords, type DocumentRecord } from "./document-record.ts";
import { type EmbedDocumentsOptions, embedDocuments } from "./embed-documents.ts";
import { explainOption } from "./embeddings-option.ts";

/** Options of `FaissStore.load`. `signal` and `onProgress` are about `reembed`. */
export interface FaissStoreLoadOptions extends OpenOptions, EmbedDocumentsOptions {
  /**
   * If other embeddings made the vectors, embeds all documents again; also if your embeddings state
   * no identity, unless you pass one, or `allowMismatch`. The folder stays as it is until you save
   * the store.
   *
   * @default false
   */
  reembed?: boolean | undefined;
}

type Store = CoreStore<DocumentRecord>;

/**
 * Opens a saved store of documents.
 *
 * @throws `INVALID_ARGUMENT`, `INVALID_RECORD`, and the errors of `FaissStore.open` of
 * `@embeddinggemma/faiss` and of the embeddings
 */
export async function loadStore(
  directory: string | URL,
  embeddings: EmbeddingsInterface,
  options: FaissStoreLoadOptions,
): Promise<Store> {
  checkEmbeddings(embeddings);
  const { signal, onProgress } = addRules;
  const ownRules = { reembed: rules.flag, signal, onProgress };
  try {
    createWith(storeChecker, ownRules, options, checkOpenOptions);
  } catch (error) {
    throw explainOption(error, options);
  }
  const { reembed, signal: _, onProgress: __, ...others } = options;
  const opening = defined(others);
  const described = await describeEmbedding(describable(embeddings), opening);
  const isKnown = (opening.identity ?? described.identity) != null || opening.allowMismatch;
  try {
    const options = { identity: null, ...described, ...opening };
    const store = await CoreStore.open<DocumentRecord>(directory, options);
    if (isKnown || !reembed) return store;
    await store.close();
  } catch (error) {
    if (!isMismatch(error)) throw error;
    if (!reembed) throw withAdvice(error);
  }
  const { dimension, identity, ...unsaved } = opening;
  const former = await CoreStore.open<DocumentRecord>(directory, unsaved);
  return embedAgain(former, embeddings, { ...described, ...(identity && { identity }) }, options);
}

/** A store with the same documents, to take the place of a store with the vectors of others. */
async function embedAgain(
  former: Store,
  embeddings: EmbeddingsInterface,
  described: Pick<FaissStoreOptions, "dimension" | "identity">,
  options: EmbedDocumentsOptions,
): Promise<Store> {
  checkRecords(former);
  const items = Array.from(former, ({ id, record }) => ({ id, record }));
  const records = items.map(({ record }) => record);
  const vectors = await embedDocuments(embeddings, records, options);
  const dimension = vectors[0]?.length ?? described.dimension ?? former.dimension;
  const store = await former.createReplacement({ ...described, ...defined({ dimension }) });
  await store.upsert(items.map((item, row) => ({ ...item, vector: vectors[row]! })));
  await former.close();
  return store;
}

function isMismatch(error: unknown): error is FaissStoreError {
  return (
    FaissStoreError.isInstance(error) &&
    ["IDENTITY_MISMATCH", "DIMENSION_MISMATCH"].includes(error.code)
  );
}

function withAdvice(error: FaissStoreError): FaissStoreError {
  const advice = "To embed its documents again, pass reembed: true.";
  return new FaissStoreError(error.code, `${error.message}\n${advice}`, error.details, {
    cause: error,
  });
}
