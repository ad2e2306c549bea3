import { parseArgs } from "node:util";

/** @typedef {"langchain" | "llamaindex"} StoreName */

/** Options of the command line. */
export function readOptions() {
  const { values } = parseArgs({
    options: {
      workers: { type: "string", default: "1,2" },
      documents: { type: "string", default: "2000" },
      store: { type: "string", default: "langchain" },
    },
  });
  if (!/^\d+(,\d+)*$/.test(values.workers)) throw new Error("--workers needs numbers: 1,2,4");
  return {
    /** Numbers of worker processes: the documents are embedded once with each. */
    rounds: values.workers.split(",").map(Number),
    documents: Number(values.documents),
    store: readStoreName(values.store),
  };
}

/**
 * @param {string | undefined} name
 * @returns {StoreName}
 */
export function readStoreName(name) {
  if (name === "langchain" || name === "llamaindex") return name;
  throw new Error("--store is langchain or llamaindex.");
}
