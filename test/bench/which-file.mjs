/**
 * Compares the ONNX files of a model: size, start, memory, speed and quality. Prints the tables of
 * docs/which-file.md. Each file runs in processes of its own, and all take turns.
 *
 * node which-file.mjs [folder of a model] [options]        or, in the root: npm run bench -- …
 *
 * The folder can also be given by EMBEDDINGGEMMA_MODEL. Options:
 *
 * --dtype=fp32,q8,q4      dtypes, or names of files in `onnx`; default: those of the three there
 * --only=size,start,memory,query,documents,batches,quality
 * --sts=FILE              CSV: sentence 1, sentence 2, score
 * --retrieval=FOLDER      a data set in BEIR's layout, or a text file with one passage a line
 * --documents=300         documents of the retrieval task
 * --pairs=500             pairs of the STS file
 * --starts=5 --queries=30 --texts=32 --repeats=3
 * --transformers=4        with release 4 of Transformers.js; default: the one that is installed
 */
import { existsSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { modelPath } from "@embeddinggemma/tiny-model";
import { applicationWithRelease4 } from "./which-file/application.mjs";
import { Measurement } from "./which-file/measure.mjs";
import { downloadSize, filesOf } from "./which-file/sizes.mjs";
import { printBatches, printFiles, printQuality } from "./which-file/tables.mjs";

const text = { type: "string" };
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dtype: text,
    only: { ...text, default: "size,start,memory,query,documents,batches,quality" },
    sts: text,
    retrieval: text,
    documents: { ...text, default: "300" },
    pairs: { ...text, default: "500" },
    starts: { ...text, default: "5" },
    queries: { ...text, default: "30" },
    texts: { ...text, default: "32" },
    repeats: { ...text, default: "3" },
    transformers: text,
  },
});
const began = performance.now();
const parts = values.only.split(",");
const model = positionals[0] ?? process.env.EMBEDDINGGEMMA_MODEL ?? modelPath;
if (!existsSync(join(model, "onnx"))) {
  throw new Error(
    `${model} has no folder \`onnx\`. Pass the folder of a model as the first argument. ` +
      "test/reference/README.md says how to make one of EmbeddingGemma 300m's shape.",
  );
}
if (model === modelPath) {
  console.error(
    "This is the tiny model. For another one, pass its folder. " +
      "test/reference/README.md says how to make one of EmbeddingGemma 300m's shape.",
  );
}
const files = filesOf(model, values.dtype?.split(","));
const application =
  values.transformers === "4"
    ? applicationWithRelease4()
    : { folder: fileURLToPath(new URL("which-file", import.meta.url)) };
const measurement = new Measurement({ model, files, folder: application.folder });
try {
  await measure();
} finally {
  await measurement.stop();
  if (application.root) rmSync(application.root, { recursive: true });
}

async function measure() {
  const [starts, queries, texts, repeats] = ["starts", "queries", "texts", "repeats"].map((name) =>
    Number(values[name]),
  );
  const results = {};
  if (parts.includes("size")) {
    results.download = Object.fromEntries(
      files.map((file) => [file.name, downloadSize(model, file)]),
    );
  }
  await part("start", async () => {
    results.start = await measurement.starts(starts);
  });
  await part("memory", async () => {
    results.memory = await measurement.memory(texts);
  });
  await part("query", async () => {
    results.query = await measurement.queries(queries);
  });
  if (!parts.includes("batches")) {
    await part("documents", async () => {
      results.documents = await measurement.documents(texts, repeats);
    });
  }
  let ways;
  await part("batches", async () => {
    ways = await measurement.ways(texts, repeats);
    results.documents = Object.fromEntries(files.map(({ name }) => [name, ways[name].ours]));
  });
  const names = files.map(({ name }) => name);
  printFiles(names, results);
  if (ways) printBatches(names, texts, ways);
  const { sts, retrieval } = values;
  if (sts || retrieval) {
    await part("quality", async () => {
      const [documents, pairs] = [Number(values.documents), Number(values.pairs)];
      printQuality(names, await measurement.quality({ sts, retrieval, documents, pairs }));
    });
  }
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  const [{ model: processor }, ...others] = cpus();
  console.log(
    `\n${processor}, ${others.length + 1} cores, Node.js ${process.versions.node}, ` +
      `${measurement.versions ?? ""}; measured in ${minutes} minutes.`,
  );
}

async function part(name, task) {
  if (!parts.includes(name)) return;
  const start = performance.now();
  await task();
  console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
}
