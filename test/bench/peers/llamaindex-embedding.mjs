import { HuggingFaceEmbedding } from "@llamaindex/huggingface";

/** `HuggingFaceEmbedding` of `@llamaindex/huggingface`, with a model in a folder. */
export function huggingFaceEmbedding({ model, dtype, threads }) {
  return new HuggingFaceEmbedding({
    modelType: model,
    modelOptions: {
      dtype,
      local_files_only: true,
      session_options: { intraOpNumThreads: threads },
    },
  });
}
