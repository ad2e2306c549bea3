export const repositoryUrl = "https://github.com/embeddinggemma-js/embeddinggemma-js";
