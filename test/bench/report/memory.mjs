import { readFileSync } from "node:fs";

/**
 * The most memory in bytes that this process and its children have had in RAM since their start.
 * Of files that children map, each of them counts its share, since they map the same weights.
 */
export function peakMemory() {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const own = field(`/proc/self/status`, "VmHWM");
  return (own + sumOfChildren(process.pid)) * 1024;
}

function sumOfChildren(parent) {
  return childrenOf(parent).reduce((sum, pid) => {
    const status = `/proc/${pid}/status`;
    const shared = field(`/proc/${pid}/smaps_rollup`, "Pss_File");
    const alone = field(status, "VmHWM") - field(status, "RssFile");
    return sum + alone + shared + sumOfChildren(pid);
  }, 0);
}

function childrenOf(pid) {
  return read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean);
}

/** A number of kilobytes, or 0 if the process has ended. */
function field(file, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(read(file))?.[1] ?? 0);
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
