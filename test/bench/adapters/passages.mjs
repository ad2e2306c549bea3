import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/**
 * Writes a file with one passage a line: the first paragraphs of the comments in the declarations
 * of the packages that the lock file names, in English. They are the same on every machine.
 *
 * @param most - lines to collect; many are too short for `readRetrieval`
 * @returns its path, for `readRetrieval`
 */
export async function writePassages(most) {
  const files = (await readdir(packages, { recursive: true }))
    .filter((file) => /\.d\.m?ts$/.test(file))
    .sort();
  const passages = new Set();
  for (const file of files) {
    if (passages.size >= most) break;
    const source = await readFile(join(packages, file), "utf8").catch(() => "");
    for (const [, comment] of source.matchAll(/\/\*\*([\s\S]*?)\*\//g)) {
      const passage = firstParagraph(comment);
      if (passage.length <= 1500 && !/\(c\)|copyright|licen[sc]e/i.test(passage)) {
        passages.add(passage);
      }
    }
  }
  const path = join(await mkdtemp(join(tmpdir(), "bench-passages-")), "passages.txt");
  await writeFile(path, [...passages].join("\n"));
  return path;
}

function firstParagraph(comment) {
  return comment
    .replace(/^\s*\* ?/gm, "")
    .replace(/```[\s\S]*?```/g, "")
    .trim()
    .split(/\n\s*@|\n\s*\n/)[0]
    .replace(/\s+/g, " ")
    .trim();
}
