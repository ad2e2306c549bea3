import { canRun, hasDebianPackages, installDebianPackages } from "./debian-packages.mjs";
import { SetupError } from "./setup-error.mjs";

const packages = ["g++", "libfaiss-dev", "libopenblas0-pthread"];

/**
 * Sees to it that a C++ compiler finds FAISS: installs Debian's packages where they are missing.
 *
 * @throws {SetupError} with what to do where they cannot be installed
 */
export function provideSystemFaiss() {
  if (compilerFindsFaiss()) return;
  if (!hasDebianPackages()) {
    throw new SetupError(
      "faiss-node's release has no binary that works here, and there is no FAISS to compile one against.",
      "Install a C++ compiler (g++) and FAISS 1.7 with its headers, BLAS and LAPACK from your system's packages, then run the command again.",
    );
  }
  installDebianPackages(packages, "compile the FAISS addon");
  if (!compilerFindsFaiss())
    throw new SetupError("g++ does not find FAISS although Debian's packages are installed.");
}

function compilerFindsFaiss() {
  return canRun("g++", ["-x", "c++", "-E", "-include", "faiss/IndexFlat.h", "/dev/null"]);
}
