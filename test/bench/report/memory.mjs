import { readFileSync } from "node:fs";

/** The most memory in bytes that this process has had in RAM since its start. */
export function peakMemory() {
  if (process.platform === "linux") {
    const status = readFileSync("/proc/self/status", "utf8");
    const found = /VmHWM:\s+(\d+) kB/.exec(status);
    if (found) return Number(found[1]) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}
