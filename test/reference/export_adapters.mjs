/**
 * Exports the base model with each of the adapters, for make_adapters.py. Needs `npm run build`.
 *
 *     node export_adapters.mjs BASE_FOLDER OUTPUT_FOLDER
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Adapter } from "../../packages/core/dist/index.js";
import { exportSentenceTransformers } from "../../packages/tune/dist/index.js";
import { adapters } from "./adapters.mjs";

const [base, outputs] = process.argv.slice(2);
for (const [name, parts] of Object.entries(adapters)) {
  const adapter = Adapter.from({ ...parts, base: { model: base, identity: base } });
  const output = join(outputs, name);
  await rm(output, { recursive: true, force: true });
  await exportSentenceTransformers(adapter, { base, output });
}
