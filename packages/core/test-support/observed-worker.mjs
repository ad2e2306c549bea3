// Loaded into each process that runs a model, with NODE_OPTIONS. The files in the folder
// OBSERVED_WORKERS say what to do, and what was done, so that a test can end a process at a certain
// moment.
import { appendFileSync, existsSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.OBSERVED_WORKERS ?? "";
const file = (/** @type {string} */ name) => join(folder, name);
const hasFile = (/** @type {string} */ name) => existsSync(file(name));

if (hasFile("refuse to start")) process.exit(9);
writeFileSync(file(`${process.pid}.started`), "");

// Before the program listens, messages wait.
const { on } = process;
process.on = (event, /** @type {any} */ listener) => {
  process.on = on;
  if (event === "message") process.on("message", observe);
  return process.on(event, listener);
};

/** @param {{ operation: string }} message */
function observe({ operation }) {
  appendFileSync(file(`${process.pid}.${operation}`), "1");
  while (hasFile(`hold ${operation}`)) sleep(10);
  if (operation === "run") crashIfTold();
}

/** @param {number} milliseconds */
function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** For each crash there is a file, which only one process can delete. */
function crashIfTold() {
  for (const name of ["crash", "crash again"]) {
    try {
      unlinkSync(file(name));
    } catch {
      continue;
    }
    console.error("crashed as told");
    process.exit(7);
  }
}
