/**
 * The most that the code of each package may weigh, minified and compressed with brotli. Raise a
 * limit on purpose: whoever installs or downloads the package pays for it.
 */
export default [
  forNode("core", "73 kB"),
  forNode("faiss", "50 kB"),
  forNode("ai-sdk", "4 kB"),
  forNode("langchain", "14 kB"),
  forNode("llamaindex", "16 kB"),
  forNode("server", "34 kB"),
  forNode("tune", "28 kB"),
  // A program, which nobody bundles: its limit finds what came in by mistake.
  forNode("cli", "50 kB", "embeddinggemma.js"),
  {
    name: "core in a browser, without Transformers.js",
    path: "packages/core/dist/index.browser.js",
    limit: "87 kB",
    ignore: ["@huggingface/transformers"],
    modifyEsbuildConfig: (config) => ({ ...config, platform: "browser", format: "esm" }),
  },
  {
    name: "tiny-model, files of the model as they are",
    path: "packages/tiny-model/model/**",
    limit: "11.5 MB",
    brotli: false,
    disablePlugins: ["@size-limit/esbuild"],
  },
];

/** Dependencies are not counted: an application has each of them once, for all packages. */
function forNode(name, limit, file = "index.js") {
  return {
    name,
    path: `packages/${name}/dist/${file}`,
    limit,
    modifyEsbuildConfig: (config) => ({
      ...config,
      format: "esm",
      platform: "node",
      packages: "external",
    }),
  };
}
