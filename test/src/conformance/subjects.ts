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

/** A text under an id, as each of the three ways to store it takes it. */
export interface Item {
  id: string;
  text: string;
  metadata: Record<string, string | number>;
}

export interface Hit extends Item {
  score: number;
}

/** What the suite asks of every way to the store: a framework's adapter, or the store itself. */
export interface Subject {
  add(items: Item[]): Promise<string[]>;
  search(query: string, k: number, only?: Record<string, string | number>): Promise<Hit[]>;
  diverse(query: string, k: number, lambda: number): Promise<string[]>;
  delete(ids: string[]): Promise<void>;
  /** Saves, and opens what was saved. */
  reopened(folder: string): Promise<Subject>;
  engine(): Promise<EngineName>;
}

export interface SubjectOptions {
  embedder: Embedder;
  engine: EngineName;
  searchDimension?: number;
}

/** By name, what makes a new and empty one. */
export const subjects: Record<string, (options: SubjectOptions) => Subject> = {
  "the store itself": ({ embedder, ...options }) =>
    itselfOn(embedder, CoreStore.create(options), options),
  "LangChain.js": ({ embedder, ...options }) => {
    const embeddings = new EmbeddingGemmaEmbeddings({ embedder });
    return langchainOn(new FaissStore(embeddings, options), options);
  },
  "LlamaIndex.TS": ({ embedder, ...options }) => {
    const embedModel = new EmbeddingGemmaEmbedding({ embedder });
    return llamaindexOn(new FaissVectorStore({ embedModel, ...options }), embedModel, options);
  },
};

type Options = Omit<SubjectOptions, "embedder">;
type PlainRecord = Omit<Item, "id">;

function itselfOn(
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
      return itselfOn(embedder, CoreStore.open(folder, { engine: options.engine }), options);
    },
    engine: async () => (await opening).engine,
  };
}

function langchainOn(store: FaissStore, options: Options): Subject {
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
      return langchainOn(
        await FaissStore.load(folder, store.embeddings, { engine: options.engine }),
        options,
      );
    },
    engine: async () => (await store.client()).engine,
  };
}

function llamaindexOn(
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
      // LlamaIndex puts metadata before the text; the others do not.
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
      return llamaindexOn(
        await FaissVectorStore.fromPersistDir(folder, { embedModel, engine }),
        embedModel,
        options,
      );
    },
    engine: async () => (await store.client()).engine,
  };
}
