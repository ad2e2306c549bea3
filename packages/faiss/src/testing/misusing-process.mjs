// Runs one of the programs in misuses.mjs, then searches another store. Prints the outcome and the
// id of the hit as JSON. Arguments: the built package, a folder, the name of the program.
import { filledStore, misuses, vectorOf } from "./misuses.mjs";

const [entry = "", folder = "", name = ""] = process.argv.slice(2);
/** @type {typeof import("../index.ts")} */
const { FaissStore } = await import(entry);
const misuse = misuses[/** @type {keyof typeof misuses} */ (name)];
const outcome = await misuse({ FaissStore, entry, folder });
const store = await filledStore(FaissStore);
const [hit] = await store.search(vectorOf(0), { k: 1 });
console.log(JSON.stringify([outcome, hit?.id]));
