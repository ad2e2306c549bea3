const core = require("@embeddinggemma/core");
const { FaissStore } = require("@embeddinggemma/faiss");
const { env } = require("@huggingface/transformers");
const { useBoth } = require("./use-both.cjs");

useBoth(core, FaissStore, env.version);
