/** Exit codes of the program. The README documents them. */
export const exitCodes = {
  done: 0,
  /** The command failed, also because of a file; or `doctor` found a problem. */
  failed: 1,
  /** Wrong flags or arguments, whatever the files are. */
  usage: 2,
  /** `index` is done, except for files and folders that cannot be read. */
  partlyDone: 3,
  /** Ctrl-C or SIGTERM: 128 + 2, as shells have it. */
  interrupted: 130,
} as const;
