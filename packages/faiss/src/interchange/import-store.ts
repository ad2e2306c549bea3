import { clonePlain } from "@embeddinggemma/internal";
import { FaissStoreError, reasonOf, sentenceOf, show } from "../errors.ts";
import { checkDimensionOption } from "../files/identity.ts";
import type { ForeignFormat, ImportOptions } from "../interchange-types.ts";
import { checkStoreOptions } from "../options.ts";
import { checkUnchangedItems } from "../rows/check-items.ts";
import { norm } from "../rows/vector-math.ts";
import type { FaissStoreItem, FaissStoreOptions, Identity, JsonValue } from "../types.ts";
import { findDisagreement, otherDimension } from "./check-sample.ts";
import { detectFormat, otherFormat } from "./detect-format.ts";
import { embedAgain } from "./embed-records.ts";
import { damagedFile, readFlatFile } from "./flat-file.ts";
import { type ForeignContent, readLangChainJs, readLangChainPython } from "./langchain.ts";
import { warn, withDirection } from "./left-out.ts";
import { readLlamaIndexPython } from "./llamaindex.ts";
import type { StoredItem } from "./sample.ts";
import { uniqueIds } from "./unique-ids.ts";

export interface Imported<R> {
  /** Options of the store to create. */
  options: FaissStoreOptions;
  items: FaissStoreItem<R>[];
}

/** Up to this difference from length 1, cosine ranks vectors like L2 and inner product. */
const unitTolerance = 1e-3;

/**
 * Reads what another library has saved, and checks that its vectors are those of the embedding at
 * hand, or makes them anew.
 *
 * @param path - absolute path
 * @param options - checked
 * @throws FaissStoreError `NOT_A_STORE`, `FILE_MISSING`, `FILE_DAMAGED`, `READ_FAILED`,
 * `UNSAFE_FILE`, `INVALID_VECTOR`, `INVALID_RECORD`, `INVALID_ARGUMENT`, `DIMENSION_MISMATCH`,
 * `IDENTITY_MISMATCH`; the errors of the embedding, and the reason of `signal`
 */
export async function importStore<R>(
  path: string,
  options: ImportOptions<R>,
): Promise<Imported<R>> {
  const {
    format: _format,
    indexName: _indexName,
    ids: _ids,
    indexId: _indexId,
    sourceNamespace: _sourceNamespace,
    duplicateIds: _duplicateIds,
    normalize = false,
    toRecord,
    embedding,
    reembed = false,
    signal,
    onProgress: _onProgress,
    ...storeOptions
  } = options;
  signal?.throwIfAborted();
  checkDimensionOption(storeOptions.dimension, embedding?.dimension);
  const { flat, ids, records, leftOut } = await readFormat(path, options).catch(async (error) => {
    if (!FaissStoreError.isInstance(error)) throw damagedFile(path, reasonOf(error));
    throw await otherFormat(path, options, error);
  });
  if (leftOut !== undefined) warn(leftOut, "VECTORS_LEFT_OUT");
  const names = uniqueIds(ids, path, options);
  const all = names.flatMap((id, row): StoredItem<R>[] => {
    if (id === undefined) return [];
    const vector = flat.vectors.subarray(row * flat.dimension, (row + 1) * flat.dimension);
    return [{ id, vector, record: recordOf(records[row]!, id, toRecord) }];
  });
  // Before anything is embedded.
  if (embedding) await checkUnchangedItems(all);
  if (reembed && embedding) {
    const dimension = storeOptions.dimension ?? embedding.dimension;
    const identity = storeOptions.identity ?? embedding.identity;
    const newOptions = { ...storeOptions, dimension, identity };
    checkStoreOptions(newOptions);
    return { options: newOptions, items: await embedAgain(all, embedding, options) };
  }
  const items = withDirection(all, path);
  const expected = embedding?.dimension ?? storeOptions.dimension ?? flat.dimension;
  if (expected !== flat.dimension)
    throw otherDimension(path, flat.dimension, expected, embedding !== undefined);
  if (!normalize && flat.metric !== "cosine")
    for (const { id, vector } of items) checkUnit(vector, id, flat.metric, path);
  const identity = storeOptions.identity ?? (await checkedIdentity(items, path, options));
  return { options: { ...storeOptions, dimension: flat.dimension, identity }, items };
}

/** Rows may share the source, or parts of it, so the callback gets a copy. */
function recordOf<R>(source: JsonValue, id: string, toRecord: ImportOptions<R>["toRecord"]): R {
  return toRecord ? toRecord(copyOf(source, id), id) : (source as R);
}

function copyOf(source: JsonValue, id: string): JsonValue {
  try {
    return clonePlain(source);
  } catch (error) {
    throw new FaissStoreError(
      "INVALID_RECORD",
      `The source of ${show(id)} cannot be read: ${sentenceOf(error)} It may be nested too deeply.`,
      { id },
      { cause: error },
    );
  }
}

/**
 * The identity of the embedding at hand, after a check that it made the vectors. If it states none,
 * the process warns of vectors that are not the embedding's.
 */
async function checkedIdentity<R>(
  items: readonly StoredItem<R>[],
  path: string,
  { embedding, signal }: ImportOptions<R>,
): Promise<Identity | undefined> {
  if (!embedding) return undefined;
  const problem = await findDisagreement(items, embedding, path, signal);
  if (!problem) return embedding.identity;
  if (embedding.identity !== undefined) throw problem;
  warn(problem.message, problem.code);
  return undefined;
}

async function readFormat<R>(path: string, options: ImportOptions<R>): Promise<ForeignContent> {
  const { indexName = "index", ids } = options;
  const format = options.format ?? (await detectFormat(path, indexName));
  checkUsed("ids", ids, format, "faiss");
  checkUsed("indexName", options.indexName, format, "langchain-python");
  checkUsed("indexId", options.indexId, format, "llamaindex-python");
  checkUsed("sourceNamespace", options.sourceNamespace, format, "llamaindex-python");
  switch (format) {
    case "langchain-js":
      return readLangChainJs(path);
    case "langchain-python":
      return readLangChainPython(path, indexName, options.toRecord !== undefined);
    case "llamaindex-python":
      return readLlamaIndexPython(path, options);
    case "faiss": {
      const flat = await readFlatFile(path);
      if (ids !== undefined && ids.length !== flat.labels.length) {
        throw new FaissStoreError(
          "INVALID_ARGUMENT",
          `ids must have one id for each of the ${flat.labels.length} vectors in ${path}; ` +
            `${show(ids)} was given.`,
        );
      }
      return {
        flat,
        ids: ids ? [...ids] : flat.labels.map(String),
        records: flat.labels.map(() => null),
      };
    }
  }
}

/** @throws FaissStoreError `INVALID_ARGUMENT` for an option that the format does not have */
function checkUsed(
  name: string,
  value: unknown,
  format: ForeignFormat,
  where: ForeignFormat,
): void {
  if (value === undefined || format === where) return;
  throw new FaissStoreError(
    "INVALID_ARGUMENT",
    `The option ${name} is only for the format ${show(where)}, but this is ${show(format)}. ` +
      "Leave it out.",
    { [name]: value, format },
  );
}

const metricNames = { l2: "L2", innerProduct: "the inner product" };

function checkUnit(
  vector: Float32Array,
  id: string,
  metric: keyof typeof metricNames,
  path: string,
): void {
  const length = norm(vector);
  if (Math.abs(length - 1) <= unitTolerance || !Number.isFinite(length)) return;
  throw new FaissStoreError(
    "INVALID_VECTOR",
    `The vector of ${show(id)} in ${path} has length ${length.toPrecision(6)}, not 1. ` +
      `The store ranks by cosine, which differs from ${metricNames[metric]} for such vectors. ` +
      "Pass normalize: true to rank by cosine anyway.",
    { id, norm: length },
  );
}
