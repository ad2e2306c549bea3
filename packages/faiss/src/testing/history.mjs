// Changes to a store, step by step, that a test can repeat with a Map to know what the store should
// contain after a step.

/**
 * @typedef {{ id: string, vector: number[], record: { step: number, text: string } }} Item
 * @typedef {{ upsert: Item[], remove: string[] }} Step
 */

/**
 * @param {number} step
 * @returns {Step}
 */
function changesOf(step) {
  const count = step === 1 ? 200 : 3 + (step % 20);
  const upsert = Array.from({ length: count }, (_, position) => {
    const id = `item ${(step * 13 + position * 7) % 400}`;
    const vector = Array.from(
      { length: 16 },
      (_, index) => Math.sin(step * 1.7 + position * 3.1 + index) + 1.5,
    );
    return {
      id,
      vector,
      record: { step, text: `text of ${id} at ${step} ${"…".repeat(step % 50)}` },
    };
  });
  const remove = Array.from(
    { length: step % 5 },
    (_, position) => `item ${(step * 29 + position) % 400}`,
  );
  return { upsert, remove: [...remove, "step"] };
}

/**
 * @param {Map<string, Item>} items
 * @param {number} step
 */
export function applyToMap(items, step) {
  const { upsert, remove } = changesOf(step);
  for (const item of upsert) items.set(item.id, item);
  for (const id of remove) items.delete(id);
  const vector = [1, ...Array.from({ length: 15 }, () => 0)];
  items.set("step", { id: "step", vector, record: { step, text: "" } });
}

/**
 * @param {import("../faiss-store.ts").FaissStore<any>} store
 * @param {number} step
 */
export async function applyToStore(store, step) {
  const { upsert, remove } = changesOf(step);
  await store.upsert(upsert);
  await store.delete(remove);
  const vector = [1, ...Array.from({ length: 15 }, () => 0)];
  await store.upsert([{ id: "step", vector, record: { step, text: "" } }]);
}
