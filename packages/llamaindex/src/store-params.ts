import type { LazyFaissStoreOptions } from "@embeddinggemma/faiss";
import { type Rule, type Rules, rules } from "@embeddinggemma/internal";
import { pathRule } from "@embeddinggemma/internal/node";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import type { VectorStoreBaseParams } from "@llamaindex/core/vector-store";
import { storeChecker } from "./check-options.ts";
import type { PythonImportOptions } from "./import-from-python.ts";
import type { NodeRecord } from "./node-record.ts";

/**
 * Options of `FaissVectorStore`: `embedModel`, `persistDir`, and the options of the FAISS index,
 * which is created with the first nodes, or an existing `store` of `@embeddinggemma/faiss`.
 */
export interface FaissVectorStoreParams
  extends LazyFaissStoreOptions<NodeRecord>,
    VectorStoreBaseParams {
  /**
   * Folder of a LlamaIndex storage context: a path, in which a leading `~` is the home folder, or a
   * `file:` URL. (`storageContextFromDefaults` of LlamaIndex takes only a path without `~`.) If it
   * contains a store, that store is opened with its own index. Every change is saved there, as the
   * other stores of the context do.
   *
   * @default none: the store is in memory, and `persist` saves it
   */
  persistDir?: string | URL | undefined;
  /**
   * Throws `NOT_A_STORE` if `persistDir` contains no store, and creates none. For programs that
   * only read: an empty store would answer every query with nothing.
   *
   * @default false
   */
  mustExist?: boolean | undefined;
  /**
   * Distinguishes several stores of one storage context, such as one for texts and one for images.
   * Letters, digits, `_`, `-` and `.`. The store is in `<namespace>__faiss_vector_store` then.
   *
   * @default none: the store is in `faiss_vector_store`
   */
  namespace?: string | undefined;
}

/** Options of `FaissVectorStore.loadFromPython`. */
export type FaissVectorStoreImportParams = PythonImportOptions &
  Pick<FaissVectorStoreParams, "embedModel" | "embeddingModel" | "persistDir" | "namespace">;

const embedModelRule: Rule = {
  expected: "an embedding model of LlamaIndex, such as `new EmbeddingGemmaEmbedding()`",
  accepts: (value) => typeof (value as BaseEmbedding | null)?.getTextEmbedding === "function",
};

/** The rules of the options that an import does not pass on. */
export const importRules = {
  embedModel: embedModelRule,
  embeddingModel: embedModelRule,
  persistDir: pathRule,
  namespace: {
    expected: "a name of letters, digits, _, - and .",
    accepts: (value) =>
      typeof value === "string" && /^[\p{L}\p{N}_-][\p{L}\p{N}._-]*$/u.test(value),
  },
} satisfies Rules<
  Pick<FaissVectorStoreParams, "embedModel" | "embeddingModel" | "persistDir" | "namespace">
>;

/** The rules of the options that a store of `@embeddinggemma/faiss` does not have. */
export const paramRules: Rules<
  Omit<FaissVectorStoreParams, keyof LazyFaissStoreOptions<NodeRecord>>
> = { ...importRules, mustExist: rules.flag };

/** @throws FaissStoreError `INVALID_ARGUMENT` if there is no folder that could contain a store */
export function checkedMustExist({ mustExist = false, persistDir }: FaissVectorStoreParams) {
  if (!mustExist || persistDir !== undefined) return mustExist;
  throw storeChecker.invalidArgument("mustExist", mustExist, "left out without `persistDir`");
}
