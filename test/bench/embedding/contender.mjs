import { createRequire } from "node:module";

/**
 * The functions that the process of a contender answers with (see ../report/contender.mjs).
 *
 * @param from - `import.meta.url` of the contender
 * @param through - the package whose copy of ONNX Runtime the contender uses
 * @param load - loads the model with `{ model, path, dtype, threads }`, and returns
 * - `embed(texts)`: as fast as it can, without a prompt,
 * - `embedOne(text)`: the same for one text,
 * - `documents(texts)`: vectors of documents as its documentation says,
 * - `cutsAt`, if it cuts texts that its model would take
 */
export function embeddingContender({ from, through, load }) {
  let contender;
  let processed = 0;

  async function prepare(options) {
    watchRuns(runtimeOf(from, through), options.threads, (tokens) => {
      processed += tokens;
    });
    contender = await load(options);
    return { cutsAt: contender.cutsAt };
  }

  return {
    prepare,

    /** From nothing to the first vector. */
    async first(options) {
      await prepare(options);
      await contender.embedOne(options.query);
    },

    /** @returns the tokens that the model processed, padding included */
    async run({ texts }) {
      processed = 0;
      await contender.embed(texts);
      return { processed };
    },

    /** @returns milliseconds of each query */
    async queries({ texts }) {
      const milliseconds = [];
      for (const text of texts) {
        const start = performance.now();
        await contender.embedOne(text);
        milliseconds.push(performance.now() - start);
      }
      return milliseconds;
    },

    async vectors({ texts }) {
      const vectors = await contender.documents(texts);
      return vectors.map((vector) => Array.from(vector));
    },
  };
}

function runtimeOf(from, through) {
  return createRequire(createRequire(from).resolve(through))("onnxruntime-node");
}

/** Counts the tokens of each run of a session, and gives all sessions the same threads. */
function watchRuns({ InferenceSession }, threads, onRun) {
  const { create } = InferenceSession;
  InferenceSession.create = (source, options, ...rest) =>
    create.call(InferenceSession, source, { intraOpNumThreads: threads, ...options }, ...rest);
  const { run } = InferenceSession.prototype;
  InferenceSession.prototype.run = function (feeds, ...rest) {
    onRun(feeds.input_ids?.dims.reduce((product, size) => product * size, 1) ?? 0);
    return run.call(this, feeds, ...rest);
  };
}
