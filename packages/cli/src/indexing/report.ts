import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DocumentStore } from "../store/check-embedder.ts";
import { countOf } from "../terminal/count-of.ts";
import { formatBytes } from "../terminal/format-bytes.ts";
import { note, print, type Terminal } from "../terminal/terminal.ts";
import type { Plan } from "./plan.ts";
import type { Result } from "./run-plan.ts";

/** Prints what a run has done. */
export async function report(
  { folder, changes }: Plan,
  store: DocumentStore,
  { tally, seconds, failure }: Result,
  json: boolean | undefined,
  terminal: Terminal,
): Promise<void> {
  const { added, changed, unchanged, removed, others } = changes;
  const finished = (files: readonly { source: string }[]) =>
    files.filter(({ source }) => tally.finished.has(source)).length;
  const counts = {
    added: finished(added),
    changed: finished(changed),
    removed: removed.length,
    unchanged: unchanged.length,
  };
  const bytes = await sizeOf(folder);
  const { embedded, failures: failed } = tally;
  if (json) {
    const size = { chunks: store.size, bytes };
    print(terminal, JSON.stringify({ ...counts, others, failed, embedded, seconds, store: size }));
  } else {
    const numbers = Object.entries({
      ...counts,
      "not read": failed.length,
      "of other kinds left out": others,
    })
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${number(count)} ${name === "added" ? "new" : name}`);
    print(terminal, `Files: ${numbers.join(", ") || "none"}`);
    const rate = embedded / seconds;
    const speed = `${rate < 10 ? rate.toFixed(1) : number(rate)} per second`;
    const time = `${seconds.toFixed(1)} s (${speed})`;
    print(
      terminal,
      `Embedded: ${embedded === 0 ? "nothing" : `${countOf(embedded, "chunk")} in ${time}`}`,
    );
    print(terminal, `Store: ${countOf(store.size, "chunk")}, ${formatBytes(bytes)}`);
  }
  if (!failure) return;
  const left = added.length + changed.length - tally.finished.size - failed.length;
  const files = `${countOf(left, "file")} ${left === 1 ? "is" : "are"}`;
  note(terminal, `Stopped. ${files} left. Run the command again to continue.`);
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
