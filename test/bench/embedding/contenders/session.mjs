/** The graph alone: batches of many shapes in the session that `Embedder` made. */
import { loadWithSession } from "../../session.mjs";

let run;

export async function prepare({ model, dtype, threads }) {
  ({ run } = await loadWithSession(model, { dtype, threads }));
  await run(1, 16);
}

/**
 * @param lengths - tokens of a row
 * @param most - tokens of a batch
 * @returns the shortest milliseconds of several runs, since whatever disturbs makes a run longer
 */
export async function sweep({ lengths, most, repeats }) {
  const cells = lengths.flatMap((length) =>
    [1, 2, 4, 8, 16, 32]
      .filter((rows) => rows === 1 || rows * length <= most)
      .map((rows) => ({ rows, length, milliseconds: Number.POSITIVE_INFINITY })),
  );
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const cell of cells) {
      const start = performance.now();
      await run(cell.rows, cell.length);
      cell.milliseconds = Math.min(cell.milliseconds, performance.now() - start);
    }
  }
  return cells;
}
