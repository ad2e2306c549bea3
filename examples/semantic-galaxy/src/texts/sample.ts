import type { GalaxyText } from "./galaxy-text.ts";

/** Well-known things of the world, in the words of WordNet; see `data/README.md`. */
export async function loadSample(): Promise<GalaxyText[]> {
  const response = await fetch(new URL("../../data/sample.tsv", import.meta.url));
  if (!response.ok) throw new Error(`The sample texts could not be loaded: ${response.status}`);
  return parseSample(await response.text());
}

/** Each line is title, category and text, between tabs. */
function parseSample(lines: string): GalaxyText[] {
  return lines
    .trimEnd()
    .split("\n")
    .map((line, index) => {
      const [title, category, text] = line.split("\t") as [string, string, string];
      return { id: `sample-${index}`, title, category, text };
    });
}
