import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { frontmatter } from "./generated-page.mjs";

/**
 * Writes the page of changes: those that are not released yet, from the files of changesets, and
 * those of each release, from the CHANGELOG.md of the packages.
 *
 * @param root - the folder of the repository
 */
export async function writeChangelog(root, file) {
  const unreleased = await unreleasedChanges(join(root, ".changeset"));
  const parts = ["# Changelog", "All packages share one version."];
  if (unreleased !== "") parts.push("## Next release", unreleased);
  for (const [version, changes] of await releases(join(root, "packages"))) {
    parts.push(`## ${version}`);
    for (const [name, text] of changes) parts.push(`### ${name}`, text);
  }
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${frontmatter}${parts.join("\n\n")}\n`);
}

/** The changes under the names of the packages that have them, what is new first. */
async function unreleasedChanges(folder) {
  const groups = new Map();
  for (const name of (await readdir(folder)).sort()) {
    if (!name.endsWith(".md") || name === "README.md") continue;
    const text = await readFile(join(folder, name), "utf8");
    const [, head, body] = text.match(/^---\n(.*?)---\n(.*)$/s);
    const packages = Array.from(head.matchAll(/^"(.*)": \w+$/gm), ([, of]) => of).sort();
    const kind = /: (minor|major)$/m.test(head) ? 0 : 1;
    const title = packages.map((of) => `\`${of.replace(/^@embeddinggemma\//, "")}\``).join(", ");
    const key = `${packages.length > 1 ? 0 : 1} ${title}`;
    groups.set(key, [...(groups.get(key) ?? []), { kind, title, body: body.trim() }]);
  }
  const sections = [...groups.values()].map((changes) => {
    const items = changes
      .sort((a, b) => a.kind - b.kind)
      .map(({ body }) => `- ${body.replaceAll("\n", "\n  ")}`);
    return `### ${changes[0].title}\n\n${items.join("\n\n")}`;
  });
  return sections.join("\n\n");
}

/** By version, newest first: the name of each package that changed, and its changes. */
async function releases(folder) {
  const versions = new Map();
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name, "CHANGELOG.md");
    if (!existsSync(path)) continue;
    const [, ...parts] = (await readFile(path, "utf8")).split(/^## /m);
    for (const part of parts) {
      const [version, ...lines] = part.split("\n");
      const text = lines.join("\n").replaceAll(/^### /gm, "#### ").trim();
      const changes = versions.get(version) ?? [];
      versions.set(version, [...changes, [`@embeddinggemma/${name}`, text]]);
    }
  }
  return versions;
}
