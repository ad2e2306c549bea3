/**
 * Compares the ONNX files of a model: size, start, memory, speed and quality. Its tables are those
 * of docs/embed/which-file.md. Each file runs in processes of its own, and all take turns.
 */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { modelFolder } from "../report/options.mjs";
import { applicationWithRelease4 } from "./application.mjs";
import { Measurement } from "./measure.mjs";
import { downloadSize, filesOf } from "./sizes.mjs";
import { batchesTable, filesTable, qualityTables } from "./tables.mjs";

export const summary = "The ONNX files of a model";

const allParts = "size,start,memory,query,documents,batches,quality";
export const options = {
  dtype: { value: "fp32,q8,q4", help: "dtypes, or names of files in `onnx`; default: those there" },
  only: { default: allParts, short: "size,start,query,batches", help: "what is measured" },
  sts: { value: "FILE", help: "Spearman correlation: CSV with sentence 1, sentence 2, score" },
  retrieval: {
    value: "PATH",
    help: "NDCG@10: a data set as BEIR's, or a file, one passage a line",
  },
  documents: { default: 300, help: "documents of the retrieval task" },
  pairs: { default: 500, help: "pairs of the STS file" },
  starts: { default: 5, short: 1, help: "starts of each file" },
  queries: { default: 30, short: 10, help: "queries" },
  texts: { default: 32, short: 8, help: "texts of mixed length" },
  repeats: { default: 3, short: 1, help: "rounds" },
  transformers: { value: "4", help: "with release 4 of Transformers.js" },
};

export async function run({ options, report, log }) {
  const model = modelFolder(options.positional);
  const files = filesOf(model, options.dtype?.split(","));
  const application =
    options.transformers === "4"
      ? applicationWithRelease4()
      : { folder: fileURLToPath(new URL(".", import.meta.url)) };
  const measurement = new Measurement({ model, files, folder: application.folder });
  try {
    await measure({ model, files, measurement, options, report, log });
  } finally {
    await measurement.stop();
    if (application.root) rmSync(application.root, { recursive: true });
  }
}

async function measure({ model, files, measurement, options, report, log }) {
  const { starts, queries, texts, repeats, sts, retrieval, documents, pairs } = options;
  const parts = options.only.split(",");
  const results = {};
  const part = async (name, task) => {
    if (!parts.includes(name)) return;
    const start = performance.now();
    await task();
    log(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  };
  const byFile = (resultOf) => Object.fromEntries(files.map((file) => [file.name, resultOf(file)]));
  await part("size", () => {
    results.download = byFile((file) => downloadSize(model, file));
  });
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
  await part("batches", async () => {
    results.ways = await measurement.ways(texts, repeats);
    results.documents = byFile(({ name }) => results.ways[name].ours);
  });
  if (sts || retrieval) {
    await part("quality", async () => {
      results.quality = await measurement.quality({ sts, retrieval, documents, pairs });
    });
  }
  const names = files.map(({ name }) => name);
  report.versions(measurement.versions ?? {});
  report.figures("files", results);
  filesTable(report, names, results);
  if (results.ways) batchesTable(report, names, texts, results.ways);
  if (results.quality) qualityTables(report, names, results.quality);
}
