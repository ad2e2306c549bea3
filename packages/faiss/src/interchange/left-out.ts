import { FaissStoreError, show } from "../errors.ts";
import { norm } from "../rows/vector-math.ts";
import type { StoredItem } from "./sample.ts";

/** How many ids a warning names. */
const maxIds = 5;

/** Warns through the process. A program reads the code with `process.on("warning")`. */
export function warn(message: string, code: string): void {
  process.emitWarning(message, { type: "FaissStoreWarning", code });
}

/**
 * Leaves out items whose vectors have no direction, since a cosine with them does not exist, and
 * warns of them.
 *
 * @throws FaissStoreError `INVALID_VECTOR` if no vector has one
 */
export function withDirection<R>(items: StoredItem<R>[], path: string): StoredItem<R>[] {
  const without = items.filter(({ vector }) => !hasDirection(vector));
  if (without.length === 0) return items;
  const ids = without
    .slice(0, maxIds)
    .map(({ id }) => show(id))
    .join(", ");
  const what =
    `${without.length} of ${items.length} vectors in ${path} have no direction: they are zero, ` +
    `or have a number that is not finite (${ids}${without.length > maxIds ? ", …" : ""}).`;
  const remedy = "To keep them, embed all texts again: pass reembed: true with an embedding.";
  if (without.length < items.length) {
    warn(`${what} They and their records were left out. ${remedy}`, "VECTORS_LEFT_OUT");
    return items.filter(({ vector }) => hasDirection(vector));
  }
  throw new FaissStoreError("INVALID_VECTOR", `${what} ${remedy}`, { path, count: without.length });
}

function hasDirection(vector: Float32Array): boolean {
  const length = norm(vector);
  return length > 0 && Number.isFinite(length);
}
