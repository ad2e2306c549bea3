import { readdir, stat } from "node:fs/promises";
import { folderKind, indexNames } from "@embeddinggemma/internal/node";
import { FaissStoreError, show } from "../errors.ts";
import type { ForeignFormat, ImportOptions } from "../interchange-types.ts";
import { vectorStorePattern } from "./llamaindex-vectors.ts";

type Choice = Pick<ImportOptions<unknown>, "format" | "indexName">;

/**
 * Finds out which library has saved a folder or file.
 *
 * @throws FaissStoreError `NOT_A_STORE`
 */
export async function detectFormat(path: string, indexName = "index"): Promise<ForeignFormat> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile()) return "faiss";
  const names = await readdir(path).catch(() => [] as string[]);
  if (names.includes("faiss.index")) return "langchain-js";
  if (names.includes(`${indexName}.pkl`)) return "langchain-python";
  if (names.includes("docstore.json") && names.some((name) => vectorStorePattern.test(name)))
    return "llamaindex-python";
  throw await nothingToImport(path, indexName);
}

/**
 * The error for a folder that lacks a file of its format: it may have another format, or another
 * name.
 */
export async function otherFormat(
  path: string,
  { format, indexName = "index" }: Choice,
  error: FaissStoreError,
): Promise<FaissStoreError> {
  if (format === undefined || !["FILE_MISSING", "NOT_A_STORE"].includes(error.code)) return error;
  const { kind } = await folderKind(path);
  const isOther = kind !== format || (await isOtherName(path, indexName));
  return isOther ? nothingToImport(path, indexName, format) : error;
}

async function isOtherName(path: string, indexName: string): Promise<boolean> {
  const indexes = indexNames(await readdir(path).catch(() => []));
  return indexes.length > 0 && !indexes.includes(indexName);
}

const formats: Record<ForeignFormat, string> = {
  "langchain-js": "the community FaissStore of LangChain.js",
  "langchain-python": "LangChain (Python)",
  "llamaindex-python": "LlamaIndex (Python)",
  faiss: "FAISS",
};

async function nothingToImport(
  path: string,
  indexName: string,
  format?: ForeignFormat,
): Promise<FaissStoreError> {
  const indexes = indexNames(await readdir(path).catch(() => []));
  const { kind, isMissing, finding, advice } = await folderKind(path);
  if (kind === "langchain-python" && !indexes.includes(indexName)) {
    return new FaissStoreError(
      "NOT_A_STORE",
      `${show(path)} has no ${indexName}.pkl of LangChain (Python). Pass the name of the index ` +
        `that it has: ${indexes.map((name) => `indexName: ${show(name)}`).join(" or ")}.`,
      { path, indexName, indexes },
    );
  }
  const expected =
    format !== undefined
      ? `It has no files of ${formats[format]}.`
      : `Pass a FAISS file, or a folder with faiss.index (LangChain.js), ${indexName}.pkl ` +
        "(LangChain for Python) or docstore.json and default__vector_store.json (LlamaIndex for " +
        "Python).";
  const message = isMissing
    ? `There is no file or folder ${show(path)}. Copy it there, or pass another path.`
    : `${show(path)} cannot be imported: it ${finding}. ${advice ?? expected}`;
  return new FaissStoreError("NOT_A_STORE", message, { path, kind, format });
}
