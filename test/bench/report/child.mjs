/**
 * The process of a contender in JavaScript: imports the module whose path is its argument, and
 * answers requests with the module's exported functions. The module is imported at the first
 * request, so that the time of a cold start has everything in it.
 */
import { pathToFileURL } from "node:url";
import { peakMemory } from "./memory.mjs";

let contender;

process.on("message", async ({ method, options }) => {
  try {
    contender ??= await import(pathToFileURL(process.argv[2]).href);
    const start = performance.now();
    const result = await contender[method](options);
    const milliseconds = performance.now() - start;
    process.send({ result, milliseconds, peak: peakMemory() });
  } catch (error) {
    process.send({ error: messageOf(error) });
  }
});
process.on("disconnect", () => process.exit());

function messageOf(error) {
  if (!(error instanceof Error)) return String(error);
  const causes = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) causes.push(cause.message);
  return causes.join(": ");
}
