import { canRun, hasDebianPackages, installDebianPackages } from "./debian-packages.mjs";
import { elapsed, report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/**
 * Programs of the operating system that examples and tests start. Their names are those of Debian's
 * packages.
 */
const programs = {
  /** The fleet example starts it itself. */
  "redis-server": {
    variable: "REDIS_URL",
    purpose: "run examples/fleet",
    remedy:
      "Install it (macOS: brew install redis), or set the environment variable REDIS_URL to a " +
      "Redis of yours, then run the command again.",
  },
  curl: {
    purpose: "test the server",
    remedy: "Install it, then run the command again.",
  },
};

/** Whether a program is there, or what stands for it. */
export function hasProgram(name) {
  const { variable } = programs[name];
  return Boolean(variable && process.env[variable]) || canRun(name, ["--version"]);
}

/**
 * Installs a program.
 *
 * @throws {SetupError} that says what to do if it cannot be installed
 */
export function provideProgram(name) {
  const { purpose, remedy } = programs[name];
  const start = performance.now();
  if (!hasDebianPackages())
    throw new SetupError(`${name} is needed to ${purpose}, and it is not installed.`, remedy);
  installDebianPackages([name], purpose);
  report(`${name} installed in ${elapsed(start)}`);
}
