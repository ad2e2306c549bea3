export type { EmbeddingGemmaProviderOptions } from "./call-options.ts";
export * from "./provider.ts";
