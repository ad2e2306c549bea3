export default {
  experimental: { cpus: 1 }, // Its processes need more time than the two pages.
  serverExternalPackages: [
    "@embeddinggemma/core",
    "@embeddinggemma/faiss",
    "@embeddinggemma/tiny-model",
  ],
};
