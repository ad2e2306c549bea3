import * as core from "@embeddinggemma/core";
import * as faiss from "@embeddinggemma/faiss";
import { env } from "@huggingface/transformers";
import { usePackages } from "./use-packages.cjs";

await usePackages(core, faiss, env.version);
