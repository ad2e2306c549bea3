// Starts the program argv[3] with the WorkerProcess of the module argv[2], sends a request as
// argv[4] says, and prints the result.
import { pathToFileURL } from "node:url";

const [, , module = "", program = "", how] = process.argv;
/** @type {typeof import("../node/worker-process.ts")} */
const { WorkerProcess } = await import(pathToFileURL(module).href);
const worker = new WorkerProcess(program, {
  forwardsOutput: how === "awaited, with output",
  endedError: ({ reason }) => new Error(reason),
  answeredError: (error) => error,
});
if (how === "awaited, with output")
  await worker.request({ operation: "print", value: "printed by the program" });
const options = { isAwaited: how !== "not awaited" };
worker.request({ operation: "echo later", value: 42 }, options).then(console.log);
