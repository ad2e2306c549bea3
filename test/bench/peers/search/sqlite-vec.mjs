import { join } from "node:path";
import { load } from "sqlite-vec";
import { bucketOf } from "../../search/data.mjs";

/** Node's own SQLite, or libsql where Node has none. */
async function openDatabase(path) {
  try {
    const { DatabaseSync } = await import("node:sqlite");
    return new DatabaseSync(path, { allowExtension: true });
  } catch {
    const { default: Database } = await import("libsql");
    return new Database(path);
  }
}

export default async function create({ dimension, folder }) {
  const database = await openDatabase(join(folder, "items.sqlite"));
  load(database);
  database.exec(
    `create virtual table items using vec0(row integer primary key,
       vector float[${dimension}] distance_metric=cosine, bucket integer)`,
  );
  const insert = database.prepare("insert into items (row, vector, bucket) values (?, ?, ?)");
  return {
    ...searches(database),
    add(rows, vectors) {
      database.exec("begin");
      for (const [position, row] of rows.entries()) {
        const vector = vectors.subarray(position * dimension, (position + 1) * dimension);
        insert.run(BigInt(row), bytesOf(vector), BigInt(bucketOf(row)));
      }
      database.exec("commit");
    },
    remove: (rows) => database.exec(`delete from items where row in (${rows.join(", ")})`),
    save: (target) => database.exec(`vacuum into '${join(target, "items.sqlite")}'`),
    async open(target) {
      const opened = await openDatabase(join(target, "items.sqlite"));
      load(opened);
      return { ...searches(opened), close: () => opened.close() };
    },
  };
}

function searches(database) {
  const all = "select row from items where vector match ? and k = ?";
  const nearest = database.prepare(all);
  const filtered = database.prepare(`${all} and bucket < ?`);
  const rowsOf = (found) => found.map(({ row }) => Number(row));
  return {
    search: (query, k) => rowsOf(nearest.all(bytesOf(query), BigInt(k))),
    filtered: (query, k, below) => rowsOf(filtered.all(bytesOf(query), BigInt(k), BigInt(below))),
  };
}

function bytesOf(vector) {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}
