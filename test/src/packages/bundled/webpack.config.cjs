module.exports = {
  mode: "production",
  target: "node",
  entry: "./search.mjs",
  externals: [/^@embeddinggemma\//],
  externalsType: "commonjs",
  output: {
    path: `${__dirname}/webpack`,
    filename: "search.cjs",
    library: { type: "commonjs2" },
  },
};
