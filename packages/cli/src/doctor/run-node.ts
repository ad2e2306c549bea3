import { execFile } from "node:child_process";

const timeLimitMs = 60_000;

/** What a script has printed, or why it failed. */
export type Outcome = { readonly output: string } | { readonly failure: string };

/**
 * Runs a script in a Node.js of its own, which it may end: a native addon can do that.
 *
 * @param script - CommonJS; `process.argv[1]` is the first of `args`
 */
export function runNode(
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const options = { timeout: timeLimitMs, signal };
  return new Promise((resolve) => {
    execFile(process.execPath, ["-e", script, ...args], options, (error, stdout, stderr) => {
      if (!error) return resolve({ output: stdout });
      const said = stderr.match(/^\w*Error: .*$/m)?.[0];
      resolve({ failure: said ?? (error.signal ? `killed by ${error.signal}` : error.message) });
    });
  });
}
