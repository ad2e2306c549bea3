import { createRequire } from "node:module";
import { Embedder } from "@embeddinggemma/core";

const load = createRequire(createRequire(import.meta.url).resolve("@huggingface/transformers"));

/** Releases of Transformers.js and of the runtime that it brings. */
export function runtimeVersions() {
  const release = load("../package.json");
  const { version } = load("onnxruntime-node/package.json");
  return { "Transformers.js": release.version, "ONNX Runtime": version };
}

/**
 * Loads a model, and finds the session of ONNX Runtime that it runs in. So batches of any shape can
 * be run with the graph and the options that the embedder chose.
 */
export async function loadWithSession(model, options) {
  const { InferenceSession, Tensor } = load("onnxruntime-node");
  const { create } = InferenceSession;
  let session;
  InferenceSession.create = async (...parameters) => {
    session = await create.apply(InferenceSession, parameters);
    return session;
  };
  const embedder = await Embedder.load(model, options);
  InferenceSession.create = create;
  const run = async (rows, length) => {
    const cells = { length: rows * length };
    const ids = BigInt64Array.from(cells, (_, index) => BigInt(100 + ((index * 7919) % 5000)));
    await session.run({
      input_ids: new Tensor("int64", ids, [rows, length]),
      attention_mask: new Tensor(
        "int64",
        BigInt64Array.from(cells, () => 1n),
        [rows, length],
      ),
    });
  };
  return { embedder, run };
}
