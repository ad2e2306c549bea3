import type { Embedder } from "@embeddinggemma/core";
import { FaissStore as CoreStore, type EngineName } from "@embeddinggemma/faiss";
import { EmbeddingGemmaEmbeddings, FaissStore } from "@embeddinggemma/langchain";
import { EmbeddingGemmaEmbedding, FaissVectorStore } from "@embeddinggemma/llamaindex";
import { Document } from "@langchain/core/documents";
import {
  MetadataMode,
  NodeRelationship,
  Settings,
  TextNode,
  VectorStoreIndex,
  type VectorStoreQuery,
  VectorStoreQueryMode,
} from "llamaindex";

/** A text with an id and metadata. All three subjects can store it. */
export interface Item {
  id: string;
  text: string;
  metadata: Record<string, string | number>;
}

export interface Hit extends Item {
  score: number;
}

/** What the suite tests: the store itself, or the adapter of a framework. */
export interface Subject {
  add(items: Item[]): Promise<string[]>;
  search(query: string, k: number, only?: Record<string, string | number>): Promise<Hit[]>;
  diverse(query: string, k: number, lambda: number): Promise<string[]>;
  delete(ids: string[]): Promise<void>;
  /** Saves to a folder and opens the folder. */
  reopened(folder: string): Promise<Subject>;
  engine(): Promise<EngineName>;
}

export interface SubjectOptions {
  embedder: Embedder;
  engine: EngineName;
  searchDimension?: number;
}

/** Functions that create an empty subject, by name. */
export const subjects: Record<string, (options: SubjectOptions) => Subject> = {
  "the store itself": ({ embedder, ...options }) =>
    coreSubject(embedder, CoreStore.create(options), options),
  "LangChain.js": ({ embedder, ...options }) => {
    const embeddings = new EmbeddingGemmaEmbeddings({ embedder });
    return langchainSubject(new FaissStore(embeddings, options), options);
  },
  "LlamaIndex.TS": ({ embedder, ...options }) => {
    const embedModel = new EmbeddingGemmaEmbedding({ embedder });
    return llamaindexSubject(new FaissVectorStore({ embedModel, ...options }), embedModel, options);
  },
};

type Options = Omit<SubjectOptions, "embedder">;
type PlainRecord = Omit<Item, "id">;

function coreSubject(
  embedder: Embedder,
  opening: Promise<CoreStore<PlainRecord>>,
  options: Options,
): Subject {
  return {
    async add(items) {
      const vectors = await embedder.encodeDocument(items.map(({ text }) => text));
      const index = await opening;
      return index.upsert(
        items.map(({ id, ...record }, row) => ({ id, vector: vectors[row]!, record })),
      );
    },
    async search(query, k, only) {
      const index = await opening;
      const filter =
        only &&
        ((record: PlainRecord) =>
          Object.entries(only).every(([key, value]) => record.metadata[key] === value));
      const hits = await index.search(await embedder.encodeQuery(query), { k, filter });
      return hits.map(({ id, record, score }) => ({ id, ...record, score }));
    },
    async diverse(query, k, lambda) {
      const index = await opening;
      const hits = await index.maximalMarginalRelevance(await embedder.encodeQuery(query), {
        k,
        lambda,
      });
      return hits.map(({ id }) => id);
    },
    async delete(ids) {
      await (await opening).delete(ids);
    },
    async reopened(folder) {
      await (await opening).save(folder);
      return coreSubject(embedder, CoreStore.open(folder, { engine: options.engine }), options);
    },
    engine: async () => (await opening).engine,
  };
}

function langchainSubject(store: FaissStore, options: Options): Subject {
  return {
    add: (items) =>
      store.addDocuments(
        items.map(({ id, text, metadata }) => new Document({ id, pageContent: text, metadata })),
      ),
    async search(query, k, only) {
      const found = await store.similaritySearchWithScore(query, k, only);
      return found.map(([{ id, pageContent, metadata }, score]) => ({
        id: id!,
        text: pageContent,
        metadata,
        score,
      }));
    },
    async diverse(query, k, lambda) {
      const found = await store.maxMarginalRelevanceSearch(query, { k, lambda });
      return found.map(({ id }) => id!);
    },
    delete: (ids) => store.delete({ ids }),
    async reopened(folder) {
      await store.save(folder);
      return langchainSubject(
        await FaissStore.load(folder, store.embeddings, { engine: options.engine }),
        options,
      );
    },
    engine: async () => (await store.client()).engine,
  };
}

function llamaindexSubject(
  store: FaissVectorStore,
  embedModel: EmbeddingGemmaEmbedding,
  options: Options,
): Subject {
  const query = async (text: string, query: Omit<VectorStoreQuery<object>, "queryEmbedding">) => {
    const queryEmbedding = (await embedModel.getQueryEmbedding({ type: "text", text }))!;
    return store.query({ ...query, queryEmbedding });
  };
  return {
    async add(items) {
      // LlamaIndex would embed the metadata before the text. The others embed only the text.
      const nodes = items.map(({ id, text, metadata }) => {
        const relationships = { [NodeRelationship.SOURCE]: { nodeId: id, metadata: {} } };
        return new TextNode({
          id_: id,
          text,
          metadata,
          excludedEmbedMetadataKeys: Object.keys(metadata),
          relationships,
        });
      });
      return store.add(await embedModel(nodes));
    },
    async search(text, similarityTopK, only) {
      const filters = Object.entries(only ?? {}).map(([key, value]) => ({
        key,
        value,
        operator: "==" as const,
      }));
      const result = await query(text, {
        similarityTopK,
        mode: VectorStoreQueryMode.DEFAULT,
        ...(only && { filters: { filters } }),
      });
      return result.nodes!.map((node, place) => ({
        id: node.id_,
        text: node.getContent(MetadataMode.NONE),
        metadata: node.metadata,
        score: result.similarities[place]!,
      }));
    },
    async diverse(text, similarityTopK, mmrThreshold) {
      const { ids } = await query(text, {
        similarityTopK,
        mode: VectorStoreQueryMode.MMR,
        mmrThreshold,
      });
      return ids;
    },
    async delete(ids) {
      Settings.embedModel = embedModel;
      const index = await VectorStoreIndex.fromVectorStore(store);
      for (const id of ids) await index.deleteRefDoc(id, false);
    },
    async reopened(folder) {
      await store.persist(folder);
      const { engine } = options;
      return llamaindexSubject(
        await FaissVectorStore.fromPersistDir(folder, { embedModel, engine }),
        embedModel,
        options,
      );
    },
    engine: async () => (await store.client()).engine,
  };
}
