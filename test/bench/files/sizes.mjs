import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const suffixes = { fp32: "", q8: "_quantized", q4: "_q4" };
const otherSuffixes = {
  fp16: "_fp16",
  int8: "_int8",
  uint8: "_uint8",
  q4f16: "_q4f16",
  bnb4: "_bnb4",
};

/** Files of every model that are downloaded besides the graph, if the repository has them. */
const descriptions = [
  "config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "modules.json",
  "config_sentence_transformers.json",
  "sentence_bert_config.json",
];

/**
 * The files to measure, with the options that load them.
 *
 * @param names - dtypes, or names of files in `onnx` with or without `.onnx`
 */
export function filesOf(model, names) {
  const all = { ...suffixes, ...otherSuffixes };
  const present = Object.keys(suffixes).filter((dtype) =>
    existsSync(join(model, `onnx/model${suffixes[dtype]}.onnx`)),
  );
  return (names ?? present).map((name) => {
    const isDtype = name in all;
    const stem = isDtype ? `model${all[name]}` : name.replace(/\.onnx$/, "");
    const path = join(model, "onnx", `${stem}.onnx`);
    if (!existsSync(path)) {
      throw new Error(
        `${path} does not exist. The folder has ${readdirSync(join(model, "onnx")).join(", ")}.`,
      );
    }
    return { name, path, load: isDtype ? { dtype: name } : { modelFile: stem } };
  });
}

/** Bytes of the graph, its data files, the tokenizer and the description. */
export function downloadSize(model, { path }) {
  const files = descriptions.map((name) => join(model, name));
  const dataFiles = dataFilesOf(path).map((name) => join(path, "..", name));
  return sizeOf([path, ...dataFiles, ...files]);
}

/** Bytes of the files in a folder and below it. Hard links to files of the model take none. */
export function folderSize(folder) {
  if (!existsSync(folder)) return 0;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
  return sizeOf(files.filter((file) => statSync(file).nlink === 1));
}

function sizeOf(files) {
  return files.filter(existsSync).reduce((sum, file) => sum + statSync(file).size, 0);
}

/**
 * Names of the data files in a graph: `StringStringEntryProto` with the key "location". The key is
 * field 1, the value field 2; both are preceded by their lengths.
 */
function dataFilesOf(path) {
  const graph = readFileSync(path);
  const key = Buffer.from("\n\x08location\x12");
  const names = new Set();
  for (let at = graph.indexOf(key); at !== -1; at = graph.indexOf(key, at + 1)) {
    const start = at + key.length + 1;
    names.add(graph.toString("utf8", start, start + graph[start - 1]));
  }
  return [...names];
}
