// Starts the program argv[3], a URL, with the WorkerProcess of the module argv[2], sends a request
// as argv[4] says, and prints the result.
import { openSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [, , module = "", program = "", how] = process.argv;
/** @type {typeof import("../node/worker-process.ts")} */
const { WorkerProcess } = await import(pathToFileURL(module).href);
if (how === "no free file descriptors") openAll();
const worker = new WorkerProcess(new URL(program), {
  forwardsOutput: how === "awaited, with output",
  endedError: ({ reason }) => new Error(reason),
  answeredError: (error) => error,
});
try {
  if (how === "awaited, with output")
    await worker.request({ operation: "print", value: "printed by the program" });
} catch (error) {
  console.log(error instanceof Error && error.message);
}
const options = { isAwaited: how !== "not awaited" };
worker
  .request({ operation: "echo later", value: 42 }, options)
  .then(console.log, ({ message }) => console.log(message));

/** Opens files until no more can be opened. */
function openAll() {
  try {
    for (;;) openSync("/dev/null", "r");
  } catch {}
}
