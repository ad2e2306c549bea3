/*
 * Chosen so that a search finds at least 95 of 100 of the ten best rows, for embeddings of real
 * texts and queries on other subjects than most of them. Those are harder than random vectors in
 * clusters. `npm run bench -- search --texts=<file>` measures recall and time by these values.
 */

/**
 * How many cells a search visits. The more cells there are, the smaller is the share of them that
 * is needed.
 */
export function defaultNprobe(cells: number): number {
  return Math.min(cells, Math.ceil(5 * Math.sqrt(cells)));
}

/** How many candidates a search in a graph tracks. In a graph with few links, it needs more. */
export function defaultEfSearch(links: number): number {
  return Math.max(256, Math.ceil(8192 / links));
}
