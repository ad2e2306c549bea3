import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeChangelog } from "./changelog.mjs";
import { writeReference } from "./reference.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Writes the pages that nobody writes by hand: the changelog, and the reference of the API. */
export async function generatePages() {
  const folder = join(root, "docs/generated");
  await writeChangelog(root, join(folder, "changelog.md"));
  await writeReference(join(folder, "api"));
}
