export default {
  serverExternalPackages: [
    "@embeddinggemma/core",
    "@embeddinggemma/faiss",
    "@embeddinggemma/tiny-model",
  ],
};
