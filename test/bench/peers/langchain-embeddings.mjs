import { HuggingFaceTransformersEmbeddings } from "@langchain/community/embeddings/huggingface_transformers";

/** `HuggingFaceTransformersEmbeddings` of `@langchain/community`, with a model in a folder. */
export function huggingFaceEmbeddings({ model, dtype, threads }) {
  return new HuggingFaceTransformersEmbeddings({
    model,
    pretrainedOptions: {
      dtype,
      local_files_only: true,
      session_options: { intraOpNumThreads: threads },
    },
  });
}
