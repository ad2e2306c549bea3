export type { EmbeddingGemmaProviderOptions } from "./call-options.ts";
export {
  createEmbeddingGemma,
  type EmbeddingGemmaProvider,
  type EmbeddingGemmaProviderSettings,
  embeddingGemma,
} from "./provider.ts";
