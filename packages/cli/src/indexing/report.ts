import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DocumentStore } from "../store/check-embedder.ts";
import { countOf } from "../terminal/count-of.ts";
import { formatBytes } from "../terminal/format-bytes.ts";
import { note, print, type Terminal } from "../terminal/terminal.ts";
import type { SourceFile } from "./chunk-file.ts";
import type { Tally } from "./embed-files.ts";
import type { Changes } from "./find-changes.ts";
import { causeOf, type PatternFlags } from "./patterns.ts";
import type { Plan } from "./plan.ts";
import type { Result } from "./run-plan.ts";

/** Prints what a run has done. */
export async function report(
  { folder, changes, flags }: Plan,
  store: DocumentStore,
  { tally, seconds, failure }: Result,
  json: boolean | undefined,
  terminal: Terminal,
): Promise<void> {
  const summary: Summary = {
    ...countFiles(changes, tally),
    leftOut: changes.leftOut.length,
    others: changes.others,
    failed: tally.failures,
    warnings: tally.warnings,
    failedFolders: changes.unreadable.map(({ source, reason }) => ({ source, reason })),
    embedded: tally.embedded,
    seconds,
    store: { chunks: store.size, bytes: await sizeOf(folder) },
  };
  if (json) print(terminal, JSON.stringify(summary));
  else for (const line of linesOf(summary, flags)) print(terminal, line);
  if (failure) note(terminal, whatIsLeft(changes, tally));
}

/** What `--json` prints. */
interface Summary extends FileCounts {
  /** How many of the removed are still there. */
  readonly leftOut: number;
  /** Files of kinds that are not read. */
  readonly others: number;
  readonly failed: Tally["failures"];
  readonly failedFolders: Tally["failures"];
  /** What is wrong with files that are indexed. */
  readonly warnings: Tally["warnings"];
  readonly embedded: number;
  readonly seconds: number;
  readonly store: { readonly chunks: number; readonly bytes: number };
}

type FileCounts = Readonly<Record<"added" | "changed" | "removed" | "unchanged", number>>;

function countFiles({ added, changed, unchanged }: Changes, tally: Tally): FileCounts {
  const finished = (files: readonly SourceFile[]) =>
    files.filter(({ source }) => tally.finished.has(source)).length;
  return {
    added: finished(added),
    changed: finished(changed),
    removed: tally.removed,
    unchanged: unchanged.length,
  };
}

function linesOf(
  { embedded, seconds, store, leftOut, ...files }: Summary,
  flags: PatternFlags,
): string[] {
  const counts = {
    new: files.added,
    changed: files.changed,
    removed: files.removed,
    unchanged: files.unchanged,
    "not read": files.failed.length,
    "of other kinds left out": files.others,
  };
  const shown = Object.entries(counts).filter(([, count]) => count > 0);
  const numbers = shown.map(([name, count]) => `${number(count)} ${name}`);
  const rate = embedded / seconds;
  const speed = `${rate < 10 ? rate.toFixed(1) : number(rate)} per second`;
  const work = `${countOf(embedded, "chunk")} in ${seconds.toFixed(1)} s (${speed})`;
  return [
    `Files: ${numbers.join(", ") || "none"}`,
    ...(leftOut > 0
      ? [`Removed though still there: ${number(leftOut)}, left out by ${causeOf(flags)}`]
      : []),
    `Embedded: ${embedded === 0 ? "nothing" : work}`,
    `Store: ${countOf(store.chunks, "chunk")}, ${formatBytes(store.bytes)}`,
  ];
}

function whatIsLeft(
  { added, changed, gone, leftOut }: Changes,
  { finished, failures, removed }: Tally,
): string {
  const left = added.length + changed.length - finished.size - failures.length;
  const files = `${countOf(left, "file")} ${left === 1 ? "is" : "are"}`;
  const stale = gone.length + leftOut.length - removed;
  const rest = stale > 0 ? `, and to remove ${countOf(stale, "file")} that are gone` : "";
  return `Stopped. ${files} left. Run the command again to continue${rest}.`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  // A file of another run, such as its lock, may be gone by now.
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
