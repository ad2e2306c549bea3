import { canRun, hasDebianPackages, installDebianPackages } from "./debian-packages.mjs";
import { elapsed, report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/** Whether there is a Redis for the fleet example: `REDIS_URL`, or a program to start. */
export function hasRedis() {
  return Boolean(process.env.REDIS_URL) || canRun("redis-server", ["--version"]);
}

/**
 * Installs Redis for the fleet example, which starts it itself.
 *
 * @throws {SetupError} that says what to do if it cannot be installed
 */
export function provideRedis() {
  const start = performance.now();
  if (!hasDebianPackages()) {
    throw new SetupError(
      "examples/fleet needs Redis, and redis-server is not installed.",
      "Install it (macOS: brew install redis), or set the environment variable REDIS_URL to a " +
        "Redis of yours, then run the command again.",
    );
  }
  installDebianPackages(["redis-server"], "run examples/fleet");
  report(`Redis installed in ${elapsed(start)}`);
}
