import { readdirSync, readFileSync } from "node:fs";

/** Ids of the running FAISS processes that this process has started. */
export function engineProcesses(): number[] {
  const children = readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ").filter(Boolean),
  );
  return [...new Set(children.map(Number))].filter((pid) =>
    commandOf(pid).includes("faiss-process.mjs"),
  );
}

/** Empty for a process that has ended. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
