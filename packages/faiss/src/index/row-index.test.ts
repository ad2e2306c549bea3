import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { Table } from "../rows/table.ts";
import { TableChange } from "../rows/table-change.ts";
import type { FaissEngine } from "./faiss-engine.ts";
import { parseIndexKind } from "./index-kind.ts";
import { RowIndex } from "./row-index.ts";

/** An engine that adds vectors only when `release` is called. */
function slowEngine() {
  let release = () => {};
  const added: Float32Array[] = [];
  const existing = new Set<number>();
  const engine: Pick<FaissEngine, "newHandle" | "create" | "add" | "has" | "free"> = {
    newHandle: () => 1,
    async create(_owner, index) {
      existing.add(index);
    },
    async add(_index, vectors) {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      added.push(vectors);
    },
    has: (index) => existing.has(index),
    free: (index) => existing.delete(index),
  };
  return { engine: engine as FaissEngine, existing, added, release: () => release() };
}

function addRows(table: Table<null>, count: number): void {
  const vector = new Float32Array([0, 0, 0, 1]);
  const { rows } = table;
  const change = new TableChange(table);
  for (let row = rows; row < rows + count; row++) change.add(table.stage(vector, `${row}`, null));
  change.commit();
}

it("covers no rows while it is being built", async () => {
  const { engine, existing, added, release } = slowEngine();
  const specification = { dimension: 4, factory: "Flat", nprobe: undefined, efSearch: undefined };
  const index = new RowIndex<null>(engine, parseIndexKind("Flat", 4), specification, {
    maxUncovered: 0,
    isOptional: false,
  });
  const table = new Table<null>({ dimension: 4, searchDimension: 4, precision: "float32" });
  for (const size of [100_000, 150_000]) {
    const numbers = 4 * (size - table.rows);
    addRows(table, size - table.rows);
    added.length = 0;
    const updating = [index.update(table), index.update(table)];
    expect(index.covered, "not while it is created, and not while it grows").toBe(0);
    while (added.reduce((sum, { length }) => sum + length, 0) < numbers) {
      expect(index.covered).toBe(0);
      release();
      await nextTurn();
    }
    await Promise.all(updating);
    expect(index.covered).toBe(size);
  }
  existing.clear();
  expect(index.covered, "an index whose process has died covers nothing").toBe(0);
});
