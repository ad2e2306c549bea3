import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { FaissStoreError } from "@embeddinggemma/faiss";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import { Settings } from "@llamaindex/core/global";
import type { VectorStoreBaseParams } from "@llamaindex/core/vector-store";

/**
 * The embedding model of a vector store, as the base class takes it: under both names, since
 * `@llamaindex/core` before 0.6.17 reads only `embeddingModel`.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT` if there is no model
 */
export function withEmbedModel(
  params: VectorStoreBaseParams | null,
): Record<keyof VectorStoreBaseParams, BaseEmbedding> {
  const embedModel = params?.embedModel ?? params?.embeddingModel ?? settingsEmbedModel();
  return { embedModel, embeddingModel: embedModel };
}

function settingsEmbedModel(): BaseEmbedding {
  try {
    return Settings.embedModel;
  } catch (cause) {
    throw noEmbedModel(corePaths(), cause);
  }
}

/** @param paths - the copies of `@llamaindex/core`; this package's own is the first */
export function noEmbedModel([own, ...others]: readonly string[], cause?: unknown) {
  const problem = "FaissVectorStore has no embedding model.";
  const details = { paths: [own, ...others] };
  if (others.length === 0) {
    return new FaissStoreError(
      "INVALID_ARGUMENT",
      `${problem} Set \`Settings.embedModel = new EmbeddingGemmaEmbedding()\` before you create ` +
        "it, or pass `embedModel`. If Settings.embedModel is set, it is that of another copy of " +
        "@llamaindex/core, or @llamaindex/core was loaded twice, as ES module and as CommonJS. " +
        `This package uses the copy in ${own}. In a bundle, as of Next.js, keep both ` +
        "`llamaindex` and this package out of it.",
      details,
      { cause },
    );
  }
  return new FaissStoreError(
    "INVALID_ARGUMENT",
    `${problem} Two copies of @llamaindex/core are installed, and each has its own Settings. ` +
      `This package uses ${own}, but your application uses ${others.join(" and ")}. ` +
      "`npm ls @llamaindex/core` shows who needs which version. Update llamaindex, or set one " +
      'version in package.json: "overrides": { "@llamaindex/core": "…" }. Until then, pass ' +
      "`embedModel` to the vector store.",
    details,
    { cause },
  );
}

/**
 * The folders of the copies of `@llamaindex/core` that this package and the application load, as
 * far as they can be found: a bundle may have no folders.
 */
function corePaths(): string[] {
  const own = coreFrom(import.meta.url);
  const program = process.argv[1];
  const places = [process.cwd(), ...(program ? [dirname(program)] : [])];
  const froms = places.flatMap((place) => {
    const from = join(place, "package.json");
    return [from, resolveFrom(from, "llamaindex")];
  });
  const found = froms.map((from) => from && coreFrom(from)).filter((path) => path !== undefined);
  return [...new Set([own ?? "its bundle", ...found])];
}

/** The folder of the copy of `@llamaindex/core` that a file imports. */
function coreFrom(file: string): string | undefined {
  const path = resolveFrom(file, "@llamaindex/core/global");
  return path?.replace(/[\\/]global[\\/].*$/, "");
}

function resolveFrom(file: string, name: string): string | undefined {
  try {
    return createRequire(file).resolve(name);
  } catch {
    return undefined;
  }
}
