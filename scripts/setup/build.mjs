import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { elapsed, report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Builds the packages. Prints nothing if all of them are in turbo's cache.
 *
 * @param {string} root
 */
export function buildPackages(root) {
  const start = performance.now();
  const args = [
    "run",
    "build",
    "--filter=./packages/*",
    "--output-logs=errors-only",
    "--ui=stream",
    "--no-color",
  ];
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [join(root, "node_modules/turbo/bin/turbo"), ...args],
    {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
    },
  );
  if (error || status !== 0) {
    throw new SetupError(
      `the packages could not be built:\n\n${error?.message ?? `${stdout}${stderr}`.trim()}`,
    );
  }
  if (!stdout.includes("FULL TURBO")) report(`packages built in ${elapsed(start)}`);
}
