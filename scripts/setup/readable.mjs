import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./setup-error.mjs";

/** Files without which the set-up cannot tell what is installed, or cannot make the FAISS addon. */
const files = [
  "package-lock.json",
  "node_modules",
  "node_modules/.package-lock.json",
  "node_modules/faiss-node/package.json",
  "node_modules/prebuild-install/package.json",
  "node_modules/node-api-headers/package.json",
];

/**
 * Checks that this user may read the clone. A file that does not exist is fine: it gets installed.
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
