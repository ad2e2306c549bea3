import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./setup-error.mjs";

/** The set-up reads these files to find out what is installed, and to compile the FAISS addon. */
const files = [
  "package-lock.json",
  "node_modules",
  "node_modules/.package-lock.json",
  "node_modules/faiss-node/package.json",
  "node_modules/prebuild-install/package.json",
  "node_modules/node-api-headers/package.json",
];

/**
 * Checks that this user may read the clone. Missing files are fine: the set-up installs them.
 *
 * @param {string} root
 * @throws {SetupError} that names the first file that this user may not read
 */
export function requireReadable(root) {
  for (const file of files) {
    const path = join(root, file);
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      if (error.code !== "EACCES" && error.code !== "EPERM") continue;
      throw new SetupError(
        `this user may not read ${path}.`,
        "Run as the user who owns the clone, or give this user access to the clone and to every " +
          "folder above it.",
      );
    }
  }
}
