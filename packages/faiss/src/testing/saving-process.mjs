// Changes and saves stores until it is killed or its parent ends. Prints a line with the number of
// the step before and after each save. Arguments: the built package, the options of the stores as
// JSON, the folders.
import { writeSync } from "node:fs";
import { applyToStore } from "./history.mjs";

process.stdin.on("end", () => process.exit()).resume();
const [entry = "", options = "{}", ...folders] = process.argv.slice(2);
/** @type {typeof import("../index.ts")} */
const { FaissStore } = await import(entry);
const settings = JSON.parse(options);

/** @param {string} folder */
async function saveRepeatedly(folder) {
  const { engine, scanBelow } = settings;
  const store = await FaissStore.open(folder, { engine, scanBelow }).catch((error) => {
    if (error.code !== "NOT_A_STORE") throw error;
    return FaissStore.create({ dimension: 16, ...settings });
  });
  /** @type {any} */
  const last = store.get("step");
  for (let step = (last?.record.step ?? 0) + 1; ; step++) {
    await applyToStore(store, step);
    writeSync(1, `begin ${folder} ${step}\n`);
    await store.save(folder);
    writeSync(1, `end ${folder} ${step}\n`);
  }
}

await Promise.all(folders.map(saveRepeatedly));
