import { readFileSync } from "node:fs";

/**
 * Short texts on many topics, each with an id and metadata.
 *
 * @type {{ id: string, title: string, topic: string, year: number, text: string }[]}
 */
export const passages = JSON.parse(
  readFileSync(new URL("../data/passages.json", import.meta.url), "utf8"),
);
