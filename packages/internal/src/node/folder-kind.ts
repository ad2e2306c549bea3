import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isError } from "../show.ts";
import { manifestName } from "../store-files.ts";

/** What a file or folder is, for the errors of calls that need another one. */
export interface FolderKind {
  readonly kind:
    | "store"
    | "langchain-js"
    | "langchain-python"
    | "llamaindex-python"
    | "llamaindex-ts"
    | "faiss"
    | "model"
    | "adapter"
    | "foreign"
    /** Nothing that a new store could hide. */
    | "none";
  /** Whether there is no such file or folder. */
  readonly isMissing?: boolean;
  /** Completes a sentence that begins with the path, such as "is empty". */
  readonly finding: string;
  /** The call that takes it over, in whole sentences. */
  readonly advice?: string;
}

interface Known extends FolderKind {
  readonly fits: (has: (pattern: string | RegExp) => boolean) => boolean;
}

/** In this order: some have files of others beside their own. */
const known: readonly Known[] = [
  {
    kind: "store",
    fits: (has) => has(manifestName),
    finding: "is a store that `save` wrote",
    advice: "Open it with FaissStore.open, or in LangChain.js with FaissStore.load.",
  },
  {
    kind: "langchain-js",
    fits: (has) => has("faiss.index") && has("docstore.json"),
    finding: "was saved by the FaissStore of @langchain/community",
    advice:
      "Import it: FaissStore.loadFromCommunity(folder, embeddings) of @embeddinggemma/langchain, " +
      "or FaissStore.import(folder) of @embeddinggemma/faiss.",
  },
  {
    kind: "foreign",
    fits: (has) => has("faiss.index"),
    finding: "has faiss.index of the FaissStore of @langchain/community, but no docstore.json",
    advice:
      "Copy both. To import the vectors alone, pass the file to FaissStore.import of " +
      "@embeddinggemma/faiss.",
  },
  {
    kind: "llamaindex-python",
    fits: (has) => has("docstore.json") && has(/(?:^|__)vector_store\.json$/),
    finding: "was saved by LlamaIndex (Python)",
    advice:
      "Import it: FaissVectorStore.loadFromPython(folder) of @embeddinggemma/llamaindex, or " +
      "FaissStore.import(folder) of @embeddinggemma/faiss.",
  },
  {
    kind: "llamaindex-ts",
    fits: (has) => has(/(?:^|__)faiss_vector_store$/),
    finding: "is a storage folder of LlamaIndex.TS with a FaissVectorStore",
    advice: "Open it with FaissVectorStore.fromPersistDir(folder) of @embeddinggemma/llamaindex.",
  },
  {
    kind: "llamaindex-ts",
    fits: (has) => has("doc_store.json") || has("vector_store.json"),
    finding: "is a storage folder of LlamaIndex.TS",
    advice:
      "Add its nodes, with the vectors that vector_store.json has in embeddingDict, to a " +
      "FaissVectorStore of @embeddinggemma/llamaindex, or embed the documents again.",
  },
  {
    kind: "foreign",
    fits: (has) => has("hnswlib.index"),
    finding: "was saved by HNSWLib of LangChain.js",
    advice: "It cannot be imported. Embed the documents again.",
  },
  {
    kind: "foreign",
    fits: (has) => has("chroma.sqlite3"),
    finding: "is a database of Chroma",
    advice: "It cannot be imported. Read its documents with Chroma, and embed them again.",
  },
  {
    kind: "foreign",
    fits: (has) => has(/\.lance$/),
    finding: "is a database of LanceDB",
    advice: "It cannot be imported. Read its documents with LanceDB, and embed them again.",
  },
  {
    kind: "adapter",
    fits: (has) => has("adapter.json") && has("adapter.safetensors"),
    finding: "is an adapter",
    advice: "Pass it as the option `adapter` of Embedder.load, beside its model.",
  },
  {
    kind: "adapter",
    fits: (has) => has("adapter_config.json") && !has("config.json"),
    finding: "is an adapter of PEFT, such as LoRA",
    advice: "In Python, merge it into its model (`merge_and_unload`), and export that to ONNX.",
  },
  {
    kind: "model",
    fits: (has) =>
      has("config.json") && (has("tokenizer.json") || has("modules.json") || has("onnx")),
    finding: "is the folder of a model",
    advice: "Load it with Embedder.load, and pass another folder for the store.",
  },
];

/** Looks at the names in a folder, or at the first bytes of a file. */
export async function folderKind(path: string): Promise<FolderKind> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (isError(stats)) {
    const isMissing = stats.code === "ENOENT" || stats.code === "ENOTDIR";
    const finding = isMissing ? "does not exist" : `is not readable: ${stats.message}`;
    return { kind: "none", isMissing, finding };
  }
  if (stats.isFile()) return fileKind(path);
  const names = await readdir(path).catch(() => undefined);
  if (!names) return { kind: "none", finding: "is not a folder that can be read" };
  if (names.length === 0) return { kind: "none", finding: "is empty" };
  const has = (pattern: string | RegExp) =>
    names.some((name) => (typeof pattern === "string" ? name === pattern : pattern.test(name)));
  const indexes = indexNames(names);
  return (
    known.find(({ fits }) => fits(has)) ??
    (indexes.length > 0 ? savedByPython(indexes) : undefined) ??
    (await folderOfStores(path, names)) ?? { kind: "none", finding: `contains no ${manifestName}` }
  );
}

/** The names that `FAISS.save_local` of LangChain (Python) was given. */
export function indexNames(names: readonly string[]): string[] {
  return names
    .filter((name) => name.endsWith(".pkl") && names.includes(name.replace(/pkl$/, "faiss")))
    .map((name) => name.slice(0, -".pkl".length));
}

function savedByPython(indexes: string[]): FolderKind {
  const options = indexes.includes("index") ? "" : `, { indexName: "${indexes[0]}" }`;
  return {
    kind: "langchain-python",
    finding: "was saved by FAISS.save_local of LangChain (Python)",
    advice:
      `Import it: FaissStore.loadFromPython(folder, embeddings${options}) of ` +
      `@embeddinggemma/langchain, or FaissStore.import(folder${options}) of ` +
      "@embeddinggemma/faiss." +
      (indexes.length > 1 ? ` Its indexes are ${indexes.join(", ")}.` : ""),
  };
}

async function fileKind(path: string): Promise<FolderKind> {
  const file = await open(path, "r").catch(() => undefined);
  const { buffer } = (await file?.read(Buffer.alloc(4), 0, 4, 0)) ?? { buffer: Buffer.alloc(0) };
  await file?.close();
  const isFaiss = /^I[A-Za-z][\w][\w]$/.test(buffer.toString("latin1"));
  if (!isFaiss) return { kind: "foreign", finding: "is a file, not a folder" };
  return {
    kind: "faiss",
    finding: "is a FAISS file, not a folder",
    advice: "Import it: FaissStore.import(file) of @embeddinggemma/faiss.",
  };
}

async function folderOfStores(path: string, names: string[]): Promise<FolderKind | undefined> {
  for (const name of names.slice(0, 100)) {
    const manifest = await stat(join(path, name, manifestName)).catch(() => undefined);
    if (manifest?.isFile())
      return {
        kind: "none",
        finding: `contains no store, but the folder ${name} in it does`,
        advice: `Pass ${join(path, name)}.`,
      };
  }
  return undefined;
}
