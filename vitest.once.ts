import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";

/** What {@link oncePerRun} made, or why it failed. */
type Outcome<T> = { readonly made: T } | { readonly failure: string };

/**
 * Makes something once for all test files of a run, which wait for it. If that fails, it fails for
 * all of them.
 *
 * @param sources - folders that it is made from. In watch mode, it is made again after a change
 * @param make - returns what JSON can hold
 */
export async function oncePerRun<T>(
  name: string,
  sources: readonly string[],
  make: (folder: string) => T | Promise<T>,
): Promise<T> {
  const { TEST_RUN_FOLDER } = process.env;
  const changed = Math.max(0, ...sources.map(lastChange));
  const folder = join(TEST_RUN_FOLDER!, `${name}-${changed}`);
  const file = join(folder, "outcome.json");
  const isFirst = mkdirSync(folder, { recursive: true }) !== undefined;
  if (isFirst) writeFileSync(file, JSON.stringify(await outcomeOf(() => make(folder))));
  // A file that is not complete is no JSON.
  const read = (): Outcome<T> => JSON.parse(readFileSync(file, "utf8"));
  const outcome = await vi.waitFor(read, { timeout: 300_000 });
  if ("failure" in outcome) throw new Error(`${name} could not be made: ${outcome.failure}`);
  return outcome.made;
}

async function outcomeOf<T>(make: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { made: await make() };
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** When a file in a folder changed last, in milliseconds. */
function lastChange(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return Math.max(0, ...files.map((file) => statSync(join(folder, file)).mtimeMs));
}
