const core = require("@embeddinggemma/core");
const faiss = require("@embeddinggemma/faiss");
const { env } = require("@huggingface/transformers");
const { usePackages } = require("./use-packages.cjs");

usePackages(core, faiss, env.version);
