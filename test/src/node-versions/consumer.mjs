import * as core from "@embeddinggemma/core";
import { FaissStore } from "@embeddinggemma/faiss";
import { env } from "@huggingface/transformers";
import { useBoth } from "./use-both.cjs";

await useBoth(core, FaissStore, env.version);
