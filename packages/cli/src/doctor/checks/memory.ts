import { availableParallelism, freemem } from "node:os";
import { countOf } from "../../terminal/count-of.ts";
import { formatBytes } from "../../terminal/format-bytes.ts";
import { type Finding, fine, warning } from "../finding.ts";

/** What EmbeddingGemma 300m takes with q8, after its first load. */
const needed = 0.6e9;

/** Cores, and memory that is free for this process. */
export function checkMemory(_?: unknown, available = availableMemory()): Finding {
  const cores = availableParallelism();
  const summary = `${countOf(cores, "core")}, ${formatBytes(available)} of memory free`;
  if (available >= needed) return fine(summary);
  return warning(
    summary,
    `EmbeddingGemma 300m needs ${formatBytes(needed)} with q8. Free some, or try --dtype q4.`,
  );
}

/** What the limit of a container leaves, where Node.js knows it. */
function availableMemory(): number {
  return process.availableMemory?.() ?? freemem();
}
