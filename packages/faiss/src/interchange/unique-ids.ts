import { FaissStoreError, show } from "../errors.ts";
import type { ImportOptions } from "../interchange-types.ts";

/**
 * The id of each row; `undefined` for a row without one. A store has one vector for each id, so of
 * several vectors with one id all but one would be lost.
 *
 * @throws FaissStoreError `INVALID_ARGUMENT`, `FILE_DAMAGED` if an id repeats, unless
 * `duplicateIds` is `"number"`
 */
export function uniqueIds<R>(
  ids: readonly (string | undefined)[],
  path: string,
  options: ImportOptions<R>,
): (string | undefined)[] {
  const counts = new Map<string, number>();
  for (const id of ids) if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1);
  const repeated = [...counts].filter(([, count]) => count > 1);
  if (repeated.length === 0) return [...ids];
  if (options.duplicateIds !== "number") throw repeatedIds(repeated, path, options);
  const numbers = new Map<string, number>();
  const taken = new Set(counts.keys());
  return ids.map((id) => {
    if (id === undefined) return undefined;
    let number = (numbers.get(id) ?? 0) + 1;
    let name = number === 1 ? id : `${id}#${number}`;
    while (number > 1 && taken.has(name)) name = `${id}#${++number}`;
    numbers.set(id, number);
    taken.add(name);
    return name;
  });
}

function repeatedIds<R>(
  repeated: [id: string, count: number][],
  path: string,
  { ids }: ImportOptions<R>,
): FaissStoreError {
  const [id, count] = repeated[0]!;
  const others = repeated.length - 1;
  const more = others === 0 ? "" : `, and ${others} more ${others === 1 ? "id" : "ids"} like it`;
  const remedy =
    `Pass duplicateIds: "number" to keep all of them: as ${show(id)}, ${show(`${id}#2`)} ` +
    "and so on.";
  const details = { path, id, count, repeated: repeated.length };
  if (ids) {
    return new FaissStoreError(
      "INVALID_ARGUMENT",
      `ids must be unique, but ${show(id)} occurs ${count} times${more}. Give each vector its ` +
        `own id. ${remedy}`,
      details,
    );
  }
  return new FaissStoreError(
    "FILE_DAMAGED",
    `${path} has ${count} vectors with the id ${show(id)}${more}, but a store has one vector for ` +
      `each id. ${remedy} If it is a FAISS file, you can also pass ids.`,
    details,
  );
}
