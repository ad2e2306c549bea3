/**
 * Embeds documents with the model of LlamaIndex's `Settings`, and puts them into a store.
 *
 * @param llamaindex - the package: peers have a copy of their own
 * @returns `ask` of `contender.mjs`
 */
export async function indexDocuments(llamaindex, documents, vectorStore) {
  const { storageContextFromDefaults, VectorStoreIndex } = llamaindex;
  const storageContext = await storageContextFromDefaults({ vectorStore });
  const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
  return async (question, k) => {
    const nodes = await index.asRetriever({ similarityTopK: k }).retrieve(question);
    return nodes.map(({ node }) => node.sourceNode.nodeId);
  };
}
