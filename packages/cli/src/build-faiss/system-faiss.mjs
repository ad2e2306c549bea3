import { spawnSync } from "node:child_process";

/** Debian's packages that the compilation needs. */
export const debianPackages = ["g++", "libfaiss-dev", "libopenblas0-pthread"];

/** What installs a compiler and FAISS, by the package manager of the system. */
const installers = {
  "apt-get": `sudo apt-get install ${debianPackages.join(" ")}`,
  dnf: "sudo dnf install gcc-c++ faiss-devel blas-devel lapack-devel",
  brew: "brew install faiss",
};

/** Whether there is a C++ compiler that finds the headers of FAISS. */
export function compilerFindsFaiss() {
  const brew = process.platform === "darwin" ? ["-I/opt/homebrew/include"] : [];
  return canRun("g++", [...brew, "-x", "c++", "-E", "-include", "faiss/IndexFlat.h", "/dev/null"]);
}

/** How to install what the compilation needs on this system. */
export function systemFaissRemedy() {
  const command = Object.entries(installers).find(([name]) => canRun(name, ["--version"]))?.[1];
  const needs = "a C++ compiler (g++) and FAISS 1.7 or later with its headers, BLAS and LAPACK";
  return command
    ? `Install ${needs}:\n\n  ${command}\n\nThen run the command again.`
    : `Install ${needs} from your system's packages, then run the command again.`;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function canRun(command, args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
