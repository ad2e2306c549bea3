import { spawnSync } from "node:child_process";
import { report } from "./report.mjs";
import { SetupError } from "./setup-error.mjs";

const packages = ["g++", "libfaiss-dev", "libopenblas0-pthread"];

/**
 * Sees to it that a C++ compiler finds FAISS: installs Debian's packages where they are missing and this user may.
 *
 * @throws {SetupError} with the commands to run where it may not
 */
export function provideSystemFaiss() {
  if (compilerFindsFaiss()) return;
  if (!canRun("apt-get", ["--version"])) {
    throw new SetupError(
      "faiss-node's release has no binary that works here, and there is no FAISS to compile one against.",
      "Install a C++ compiler (g++) and FAISS 1.7 with its headers, BLAS and LAPACK from your system's packages, then run the command again.",
    );
  }
  const become = rootPrefix();
  if (!become) {
    throw new SetupError(
      "FAISS and g++ are needed to compile the FAISS addon, and installing them needs root. Run:",
      remedy(),
    );
  }
  report(`installing ${packages.join(", ")} (apt-get) …`);
  apt(become, ["update"]); // where it fails, what is known may still suffice
  const { status, output } = apt(become, ["install", "--yes", "--no-install-recommends", ...packages]);
  if (status !== 0)
    throw new SetupError(`apt-get failed with exit code ${status}:\n\n${output}`, `Run by hand:\n\n${remedy()}`);
  if (!compilerFindsFaiss()) throw new SetupError("g++ does not find FAISS although Debian's packages are installed.");
}

function compilerFindsFaiss() {
  return canRun("g++", ["-x", "c++", "-E", "-include", "faiss/IndexFlat.h", "/dev/null"]);
}

/** The words that make a command run as root: none for root, `sudo` where it asks for no password, else undefined. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return canRun("sudo", ["-n", "true"]) ? ["sudo", "-n"] : undefined;
}

function apt(become, args) {
  // biome-ignore format: one command
  const command = [
    ...become, "env", "DEBIAN_FRONTEND=noninteractive",
    "apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0", ...args,
  ];
  const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status, output: `${stdout}${stderr}`.trim().split("\n").slice(-15).join("\n") };
}

function remedy() {
  return `  sudo apt-get update\n  sudo apt-get install --yes --no-install-recommends ${packages.join(" ")}\n\nthen run the command again.`;
}

function canRun(command, args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
