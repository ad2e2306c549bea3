/**
 * The most that the code of each package may weigh, minified and compressed with brotli. Raise a
 * limit on purpose: whoever installs or downloads the package pays for it.
 */
const nodePackages = {
  core: "72 kB",
  faiss: "50 kB",
  langchain: "9.2 kB",
  llamaindex: "12.5 kB",
  server: "15.5 kB",
  tune: "28 kB",
};

export default [
  ...Object.entries(nodePackages).map(([name, limit]) => ({
    name: `@embeddinggemma/${name}`,
    path: `packages/${name}/dist/index.js`,
    limit,
    // Dependencies are installed once for all packages, and are not counted here.
    modifyEsbuildConfig: (config) => ({
      ...config,
      format: "esm",
      platform: "node",
      packages: "external",
    }),
  })),
  {
    name: "@embeddinggemma/core in a browser, without Transformers.js",
    path: "packages/core/dist/index.browser.js",
    limit: "87 kB",
    ignore: ["@huggingface/transformers"],
    modifyEsbuildConfig: (config) => ({ ...config, platform: "browser", format: "esm" }),
  },
  {
    name: "@embeddinggemma/tiny-model, files of the model as they are",
    path: "packages/tiny-model/model/**",
    limit: "11.5 MB",
    brotli: false,
    disablePlugins: ["@size-limit/esbuild"],
  },
];
