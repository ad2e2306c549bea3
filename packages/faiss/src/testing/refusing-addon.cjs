const faiss = require("faiss-node");

/**
 * The real addon, except that indexes which are not flat refuse a call.
 *
 * @param {"add" | "search"} call
 */
module.exports = (call) => {
  const refusal = {
    value: () => {
      throw new Error(`no ${call} today`);
    },
  };
  /** @param {import("faiss-node").Index} index */
  const refusing = (index) => Object.defineProperty(index, call, refusal);
  return {
    IndexFlatIP: faiss.IndexFlatIP,
    Index: {
      /** @param {Parameters<typeof faiss.Index.fromFactory>} given */
      fromFactory: (...given) => refusing(faiss.Index.fromFactory(...given)),
      /** @param {string} path */
      read: (path) => refusing(faiss.Index.read(path)),
    },
  };
};
