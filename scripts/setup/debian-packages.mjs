import { spawnSync } from "node:child_process";
import { report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

/** Whether this system has Debian's package manager. */
export function hasDebianPackages() {
  return canRun("apt-get", ["--version"]);
}

/**
 * Installs packages of Debian or Ubuntu. Needs root, or `sudo` without a password.
 *
 * @param {string[]} packages
 * @param {string} purpose completes the sentence "… are needed to …"
 * @throws {SetupError} with the commands to run if this user may not install packages
 */
export function installDebianPackages(packages, purpose) {
  const commands = [
    "  sudo apt-get update",
    `  sudo apt-get install --yes --no-install-recommends ${packages.join(" ")}`,
    "",
    "then run the command again.",
  ].join("\n");
  const prefix = rootPrefix();
  if (!prefix) {
    throw new SetupError(
      `${packages.join(", ")} are needed to ${purpose}, and installing them needs root. Run:`,
      commands,
    );
  }
  report(`installing ${packages.join(", ")} (apt-get) …`);
  apt(prefix, ["update"]); // If this fails, the known package lists may still be good enough.
  const { status, output } = apt(prefix, [
    "install",
    "--yes",
    "--no-install-recommends",
    ...packages,
  ]);
  if (status !== 0) {
    throw new SetupError(
      `apt-get failed with exit code ${status}:\n\n${output}`,
      `By hand:\n\n${commands}`,
    );
  }
}

/**
 * Whether a command exists and succeeds.
 *
 * @param {string} command
 * @param {string[]} args
 */
export function canRun(command, args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/**
 * What to put before a command to run it as root: nothing for root, `sudo` if it asks for no
 * password, else undefined.
 */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return canRun("sudo", ["-n", "true"]) ? ["sudo", "-n"] : undefined;
}

/**
 * @param {readonly string[]} prefix
 * @param {readonly string[]} args
 */
function apt(prefix, args) {
  // biome-ignore format: one command
  const command = [
    ...prefix, "env", "DEBIAN_FRONTEND=noninteractive",
    "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0", ...args,
  ];
  const { status, stdout, stderr } = spawnSync(
    /** @type {string} */ (command[0]),
    command.slice(1),
    {
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    },
  );
  return { status, output: `${stdout}${stderr}`.trim().split("\n").slice(-15).join("\n") };
}
