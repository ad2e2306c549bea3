import {
  compilerFindsFaiss,
  debianPackages,
  systemFaissRemedy,
} from "../../packages/cli/src/build-faiss/system-faiss.mjs";
import { hasDebianPackages, installDebianPackages } from "./debian-packages.mjs";
import { SetupError } from "./setup-error.mjs";

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
      systemFaissRemedy(),
    );
  }
  installDebianPackages(debianPackages, "compile the FAISS addon");
  if (!compilerFindsFaiss())
    throw new SetupError("g++ does not find FAISS, although libfaiss-dev is installed.");
}
