import { readFileSync } from "node:fs";
import { Embedder } from "@embeddinggemma/core";
import { median } from "../report/statistics.mjs";

let embedder;

/** @returns the memory after the load and a query */
export async function prepare({ model, ...options }) {
  embedder = await Embedder.load(model, options);
  await embedder.encodeQuery("Which planet is red?");
  return memory();
}

/** @returns the number of tokens */
export async function encode({ texts }) {
  await embedder.encodeDocument(texts);
  let tokens = 0;
  for (const text of texts) tokens += await embedder.countTokens(text, { promptName: "document" });
  return tokens;
}

/** @returns the median time of one query in milliseconds */
export async function queries({ texts }) {
  const times = [];
  for (const text of texts) {
    const start = performance.now();
    await embedder.encodeQuery(text);
    times.push(performance.now() - start);
  }
  return median(times);
}

/** @returns the most memory while the texts are embedded */
export async function peak({ texts }) {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, memory());
  }, 50);
  await embedder.encodeDocument(texts);
  clearInterval(timer);
  return most;
}

/** MiB of this process and its children; NaN if the system does not say. */
function memory() {
  try {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8");
    const sizes = ["self", ...children.trim().split(" ").filter(Boolean)].map(
      (id) => /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))[1],
    );
    return Math.round(sizes.reduce((sum, size) => sum + Number(size), 0) / 1024);
  } catch {
    return Number.NaN;
  }
}
