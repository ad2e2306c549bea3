import { execFileSync } from "node:child_process";

/**
 * Runs the npm that runs this script, or else the one on the PATH. Its warnings go to the terminal.
 *
 * @param {string} folder
 * @param {readonly string[]} args
 * @returns what it prints
 */
export function runNpm(folder, args) {
  /** @type {import("node:child_process").ExecFileSyncOptionsWithStringEncoding} */
  const options = {
    cwd: folder,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  };
  const script = process.env.npm_execpath;
  if (script?.endsWith(".js")) return execFileSync(process.execPath, [script, ...args], options);
  return execFileSync("npm", args, { ...options, shell: process.platform === "win32" });
}
