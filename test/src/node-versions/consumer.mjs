import { Embedder } from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import { env } from "@huggingface/transformers";
import { useBoth } from "./use-both.cjs";

await useBoth(Embedder, FaissStore, env.version);
