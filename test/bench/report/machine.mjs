import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";

/** What a figure depends on, besides the code: processor, cores, memory, system, Node.js. */
export function machine() {
  const flags = cpuFlags();
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    vnni: flags && /\bavx(512)?_vnni\b/.test(flags),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${arch()}`,
    node: process.versions.node,
  };
}

/** One line for the end of a table. */
export function machineLine() {
  const { cpu, cores, vnni, node } = machine();
  const instructions = vnni === undefined ? "" : vnni ? " with VNNI" : " without VNNI";
  return `${cpu}${instructions}, ${cores} cores, Node.js ${node}`;
}

/** The commit that is checked out, and whether files were changed since. */
export function commit() {
  try {
    const git = (...words) =>
      execFileSync("git", words, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
    return git("rev-parse", "HEAD") + (git("status", "--porcelain") ? " with changes" : "");
  } catch {
    return "unknown";
  }
}

/**
 * Versions of installed packages, as they are resolved from a file.
 *
 * @param from - URL of the file
 */
export function versionsOf(names, from = import.meta.url) {
  const { resolve } = createRequire(from);
  return Object.fromEntries(
    names.map((name) => [name, versionIn(resolve.paths(name) ?? [], name)]),
  );
}

function versionIn(folders, name) {
  for (const folder of folders) {
    try {
      return JSON.parse(readFileSync(join(folder, name, "package.json"), "utf8")).version;
    } catch {}
  }
  return "not installed";
}

function cpuFlags() {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1];
  } catch {
    return undefined;
  }
}
