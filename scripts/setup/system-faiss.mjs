import { canRun, hasDebianPackages, installDebianPackages } from "./debian-packages.mjs";
import { SetupError } from "./setup-error.mjs";

const packages = ["g++", "libfaiss-dev", "libopenblas0-pthread"];

/**
 * Installs a C++ compiler and FAISS from Debian's packages if they are missing.
 *
 * @throws {SetupError} that says what to do if they cannot be installed
 */
export function provideSystemFaiss() {
  if (compilerFindsFaiss()) return;
  if (!hasDebianPackages()) {
    throw new SetupError(
      "faiss-node has no binary that works here, and FAISS is not installed to compile one.",
      "Install a C++ compiler (g++) and FAISS 1.7 with its headers, BLAS and LAPACK from your " +
        "system's packages, then run the command again.",
    );
  }
  installDebianPackages(packages, "compile the FAISS addon");
  if (!compilerFindsFaiss())
    throw new SetupError("g++ does not find FAISS, although libfaiss-dev is installed.");
}

function compilerFindsFaiss() {
  return canRun("g++", ["-x", "c++", "-E", "-include", "faiss/IndexFlat.h", "/dev/null"]);
}
