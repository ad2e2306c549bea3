import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FaissStoreError, reasonOf, show } from "../errors.ts";
import { checkImportOptions } from "../options.ts";
import { norm } from "../rows/vector-math.ts";
import type { FaissStoreItem, FaissStoreOptions, ImportOptions } from "../types.ts";
import { damagedFile, readFlatFile } from "./flat-file.ts";
import { type ForeignContent, readLangChainJs, readLangChainPython } from "./langchain.ts";
import { readLlamaIndexPython, vectorStoreName } from "./llamaindex.ts";

export interface Imported<R> {
  /** Options of the store to create. */
  options: FaissStoreOptions;
  items: FaissStoreItem<R>[];
}

/** Up to this difference from length 1, cosine ranks vectors like L2 and inner product. */
const unitTolerance = 1e-3;

/**
 * Reads what another library has saved.
 *
 * @param path - absolute path
 * @throws FaissStoreError `NOT_A_STORE`, `FILE_MISSING`, `FILE_DAMAGED`, `READ_FAILED`,
 * `UNSAFE_FILE`, `INVALID_VECTOR`, `INVALID_ARGUMENT`
 */
export async function importStore<R>(
  path: string,
  options: ImportOptions<R>,
): Promise<Imported<R>> {
  checkImportOptions(options);
  const {
    format,
    indexName,
    ids: _ids,
    normalize,
    toRecord = (source) => source as R,
    ...storeOptions
  } = options;
  const { flat, ids, records } = await readFormat(path, options).catch((error: unknown) => {
    throw FaissStoreError.isInstance(error) ? error : damagedFile(path, reasonOf(error));
  });
  const { dimension, metric, vectors } = flat;
  const items: FaissStoreItem<R>[] = [];
  const seen = new Set<string>();
  for (const [row, id] of ids.entries()) {
    if (id === undefined) continue;
    if (seen.has(id)) throw repeatedId(id, path, options);
    seen.add(id);
    const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
    if (!normalize) checkUnit(vector, id, metric, path);
    items.push({ id, vector, record: toRecord(records[row]!, id) });
  }
  return { options: { dimension, ...storeOptions }, items };
}

async function readFormat<R>(path: string, options: ImportOptions<R>): Promise<ForeignContent> {
  const { indexName = "index", ids } = options;
  switch (options.format ?? (await detectFormat(path, indexName))) {
    case "langchain-js":
      return readLangChainJs(path);
    case "langchain-python":
      return readLangChainPython(path, indexName);
    case "llamaindex-python":
      return readLlamaIndexPython(path);
    case "faiss": {
      const flat = await readFlatFile(path);
      if (ids !== undefined && (!Array.isArray(ids) || ids.length !== flat.labels.length)) {
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

async function detectFormat(
  path: string,
  indexName: string,
): Promise<NonNullable<ImportOptions<unknown>["format"]>> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile()) return "faiss";
  for (const [format, file] of [
    ["langchain-js", "faiss.index"],
    ["langchain-python", `${indexName}.pkl`],
    ["llamaindex-python", vectorStoreName],
  ] as const) {
    if (await stat(join(path, file)).catch(() => undefined)) return format;
  }
  throw new FaissStoreError(
    "NOT_A_STORE",
    `${show(path)} ${stats ? "has nothing to import" : "does not exist"}. Pass a FAISS file, or ` +
      `a folder with faiss.index (LangChain.js), ${indexName}.pkl (LangChain for Python) or ` +
      `${vectorStoreName} (LlamaIndex for Python). ` +
      "To open a store that save() wrote, use open().",
    { path },
  );
}

/** A store has one vector for each id, so one of two vectors would be lost. */
function repeatedId<R>(id: string, path: string, { ids }: ImportOptions<R>): FaissStoreError {
  if (ids) {
    return new FaissStoreError(
      "INVALID_ARGUMENT",
      `ids must be unique, but ${show(id)} occurs twice. Give each vector its own id.`,
      { id },
    );
  }
  return new FaissStoreError(
    "FILE_DAMAGED",
    `${path} has two vectors with the id ${show(id)}, but a store has one vector for each id. ` +
      "If it is a FAISS file, pass ids. Otherwise save it again with the library that wrote it.",
    { path, id },
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
