/**
 * Which file may import which. Inside a package, imports point downwards only. Each list names the
 * files and folders of a package from top to bottom. A file may import from its own entry and from
 * the entries below it. (Biome forbids cycles, also inside an entry.) Add new files and folders to
 * the list.
 */
const order = {
  "packages/core/src": [
    ["index.ts"],
    ["check-hub.ts", "model-cache.ts"],
    ["lazy-embedder.ts"],
    ["embedder.ts"],
    ["embedder-parts.ts"],
    ["connect-options.ts"],
    ["options.ts"],
    ["remote/"],
    ["encoding/"],
    ["adapter/"],
    ["model/"],
    ["cache/"],
    ["warn-once.ts"],
    ["platform/"],
    ["cached-models.ts"],
    ["graph/"],
    ["runtime/"],
    ["tokenizer/"],
    ["files/"],
    ["transformers/"],
    ["vectors/"],
    ["check.ts", "digest.ts", "warn.ts"],
    ["errors.ts"],
  ],
  "packages/faiss/src": [
    ["index.ts", "browser.ts"],
    ["lazy-faiss-store.ts"],
    ["faiss-store.ts"],
    ["open-store.ts"],
    ["store-content.ts"],
    ["search/"],
    ["interchange/"],
    ["files/"],
    ["index/row-index.ts"],
    ["options.ts"],
    ["store-settings.ts"],
    ["index/"],
    ["codes/"],
    ["rows/"],
    ["concurrency/"],
    ["interchange-types.ts"],
    ["types.ts"],
    ["check.ts"],
    ["errors.ts"],
  ],
  "packages/langchain/src": [
    ["index.ts"],
    ["faiss-store.ts"],
    ["import-store.ts", "load-store.ts", "merge-stores.ts", "from-texts.ts", "retriever.ts"],
    ["import-embedding.ts", "embeddings-option.ts"],
    ["embed-documents.ts"],
    ["embeddings.ts", "search-options.ts"],
    ["options-as-filter.ts", "known-keys.ts", "delete-documents.ts"],
    ["type-advice.ts"],
    ["document-record.ts", "negated-kinds.ts"],
    ["describable.ts", "check-arguments.ts"],
    ["document-filter.ts"],
    ["filter-operators.ts"],
    ["operator-advice.ts"],
    ["check-options.ts"],
  ],
  "packages/llamaindex/src": [
    ["index.ts"],
    ["faiss-vector-store.ts"],
    ["store-params.ts"],
    ["import-from-python.ts"],
    ["embedding-option.ts"],
    [
      "duplicate-nodes.ts",
      "embedding.ts",
      "embed-model.ts",
      "missing-nodes.ts",
      "node-item.ts",
      "query-model.ts",
      "refused-nodes.ts",
    ],
    ["faiss-query.ts", "store-folder.ts", "stored-documents.ts"],
    ["node-record.ts"],
    ["metadata-filters.ts", "python-node.ts"],
    ["check-options.ts"],
  ],
  "packages/ai-sdk/src": [
    ["index.ts"],
    ["provider.ts"],
    ["embedding-model.ts"],
    ["call-options.ts", "sdk-error.ts"],
  ],
  "packages/server/src": [
    ["index.ts"],
    ["server-program.ts"],
    ["cli/"],
    ["serve.ts"],
    ["node/"],
    ["app.ts"],
    ["docs/"],
    ["tei/", "openai/", "ollama/", "txtai/"],
    ["settings.ts"],
    ["options.ts"],
    ["documents/"],
    ["compute-headers.ts", "model-name.ts", "prompt.ts"],
    ["metrics/"],
    ["reports/"],
    ["embed-inputs.ts"],
    ["http/"],
    ["checker.ts", "version.ts"],
  ],
  "packages/tune/src": [
    ["index.ts"],
    ["tune.ts"],
    ["export/"],
    ["train/"],
    ["mine/"],
    ["evaluate/"],
    ["data/"],
    ["statistics/", "vectors/"],
    ["check.ts"],
  ],
  "packages/cli/src": [
    ["main.ts"],
    ["program.ts"],
    ["commands/"],
    ["doctor/"],
    [
      "indexing/",
      "searching/",
      "embedding/",
      "similarity/",
      "evaluation/",
      "tuning/",
      "serving/",
      "models/",
      "completion/",
    ],
    ["build-faiss/"],
    ["documents/"],
    ["store/"],
    ["model/"],
    ["terminal/", "outputs/", "parse-number.ts", "parse-path.ts"],
    ["failures/"],
    ["flag-name.ts", "version.ts"],
  ],
};

/** Which packages of this repository each package may import. */
const ownDependencies = {
  internal: [],
  core: ["internal"],
  faiss: ["internal"],
  "tiny-model": [],
  langchain: ["core", "faiss", "internal"],
  llamaindex: ["core", "faiss", "internal"],
  "ai-sdk": ["core", "internal"],
  server: ["core", "faiss", "internal"],
  tune: ["core", "faiss", "internal"],
  cli: ["core", "faiss", "langchain", "server", "tiny-model", "tune", "internal"],
};

const tests = "\\.test(-d)?\\.ts$|/testing/|/test-support/";
const matching = (folder, names) => names.map((name) => `^${folder}/${name.replace(".", "\\.")}`);

const downwards = Object.entries(order).flatMap(([folder, entries]) =>
  entries.slice(1).map((names, place) => {
    const above = entries.slice(0, place + 1).flat();
    const below = entries.slice(place + 1).flat();
    // A file with an entry of its own does not belong to the entry of its folder.
    const filesWithOwnEntry = (others, all) =>
      matching(
        folder,
        others.filter((other) => all.some((name) => other !== name && other.startsWith(name))),
      );
    return {
      name: `${folder}/${names.join(", ")} imports only from its own entry and below`,
      severity: "error",
      from: {
        path: matching(folder, names),
        pathNot: [tests, ...filesWithOwnEntry(entries.flat(), names)],
      },
      to: { path: matching(folder, above), pathNot: filesWithOwnEntry(below, above) },
    };
  }),
);

const placed = Object.entries(order).map(([folder, entries]) => ({
  name: `every file has a place in the order of ${folder}`,
  severity: "error",
  from: { path: `^${folder}/`, pathNot: [tests, ...matching(folder, entries.flat())] },
  to: {},
}));

const between = Object.entries(ownDependencies).map(([name, allowed]) => ({
  name: `packages/${name} imports ${allowed.join(" and ") || "no package"} of this repository`,
  severity: "error",
  from: { path: `^packages/${name}/src/`, pathNot: tests },
  to: {
    path: "^(packages|examples|test)/",
    pathNot: [name, ...allowed].map((one) => `^packages/${one}/`),
  },
}));

module.exports = {
  forbidden: [
    ...downwards,
    ...placed,
    ...between,
    {
      name: "sources do not import tests",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: tests },
      to: { path: tests },
    },
    {
      name: "only one file loads Transformers.js",
      comment: "Other files of core may import its types.",
      severity: "error",
      from: {
        path: "^packages/core/src/",
        pathNot: [tests, "^packages/core/src/transformers/import-transformers\\.ts$"],
      },
      to: {
        path: "node_modules/(@huggingface/transformers|transformers-v4)/",
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "every import is found",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@embeddinggemma/source", "import", "node", "default", "types"],
    },
  },
};
