import type { Embedder } from "@embeddinggemma/core";
import { sha256 } from "../http/sha256.ts";

/** How Ollama describes a model in `/api/tags` and `/api/show`. */
export interface OllamaModelDetails {
  readonly parent_model: string;
  readonly format: string;
  readonly family: string;
  readonly families: readonly string[];
  readonly parameter_size: string;
  readonly quantization_level: string;
}

/** What is known of the model. Sizes are not: its files can be anywhere. */
export function detailsOf({ description, dtype }: Embedder): OllamaModelDetails {
  const family = description.family?.name ?? "";
  return {
    parent_model: "",
    format: "onnx",
    family,
    families: family === "" ? [] : [family],
    parameter_size: "",
    quantization_level: dtype.toUpperCase(),
  };
}

/** An entry of `/api/tags`. */
export async function tagOf(embedder: Embedder, name: string, modifiedAt: string) {
  return {
    name,
    model: name,
    modified_at: modifiedAt,
    size: 0,
    digest: await sha256(embedder.modelIdentity),
    details: detailsOf(embedder),
  };
}
