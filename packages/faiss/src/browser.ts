/** What bundles for browsers get in place of `index.ts`: the same names, which say what to do. */

import { FaissStoreError } from "./errors.ts";

export { FaissStoreError };

export class FaissStore {
  constructor() {
    refuse();
  }

  static create = reject;
  static exists = reject;
  static import = reject;
  static open = reject;
}

export class LazyFaissStore {
  constructor() {
    refuse();
  }
}

export {
  refuse as checkChangeOptions,
  refuse as checkImportOptions,
  refuse as checkOpenOptions,
  refuse as checkMaximalMarginalRelevanceOptions,
  refuse as checkRecord,
  refuse as checkSearchOptions,
  refuse as promptVariants,
  reject as checkItems,
  reject as describeEmbedding,
};

async function reject(): Promise<never> {
  return refuse();
}

function refuse(): never {
  throw new FaissStoreError(
    "ENGINE_UNAVAILABLE",
    "FaissStore needs a file system and does not run in browsers. Compare vectors there with " +
      "`similarity` of @embeddinggemma/core, or search on a server: " +
      "https://github.com/embeddinggemma-js/embeddinggemma-js/blob/main/docs/embed/browsers.md",
  );
}
