/**
 * The name on the Hub of a model that other programs name differently, so that its family is found.
 */
export function hubNameOf(model: string): string {
  // LM Studio puts this before the names of embedding models.
  const name = model.replace(/^text-embedding-(?!3-|ada-)/, "");
  const [untagged = name] = name.split(":");
  return ollamaNames.get(untagged.toLowerCase()) ?? untagged;
}

/** Names in Ollama's library that are not those on the Hub. Tags are cut off. */
const ollamaNames: ReadonlyMap<string, string> = new Map([
  ["embeddinggemma", "embeddinggemma-300m"],
  ["all-minilm", "all-MiniLM-L6-v2"],
  ["nomic-embed-text", "nomic-embed-text-v1.5"],
  ["mxbai-embed-large", "mxbai-embed-large-v1"],
  ["snowflake-arctic-embed2", "snowflake-arctic-embed-l-v2.0"],
]);

/** Whether a model is known to need no prompts, though it belongs to no family with weights. */
export function needsNoPrompts(model: string): boolean {
  return /^(openai\/)?text-embedding-(3-(small|large)|ada-002)$/.test(model);
}
