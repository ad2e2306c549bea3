import { spawnSync } from "node:child_process";

const probe = `
  const { IndexFlatIP } = require(process.argv[1]);
  const index = new IndexFlatIP(2);
  index.add([1, 0, 0, 1]);
  const { labels, distances } = index.search([0.6, 0.8], 2);
  if (labels.join() !== "1,0" || Math.abs(distances[0] - 0.8) > 1e-6)
    throw new Error("wrong search result: " + labels + " " + distances);
`;

/**
 * Whether faiss-node's native addon loads and can search. Tested in a separate process, because a
 * bad addon kills its process.
 *
 * @param {string} folder where the code that loads it would be
 * @param {string} [addon] a package name or a path
 * @returns {{ works: boolean, reason: string }} `reason` says why it does not work
 */
export function tryAddon(folder, addon = "faiss-node") {
  /** @type {import("node:child_process").SpawnSyncOptionsWithStringEncoding} */
  const options = { cwd: folder, encoding: "utf8", timeout: 60_000 };
  const { status, signal, stderr } = spawnSync(process.execPath, ["-e", probe, addon], options);
  const reason =
    stderr?.match(/^\w*Error: .*$/m)?.[0] ??
    (signal ? `killed by ${signal}` : `exit code ${status}`);
  return { works: status === 0, reason };
}
