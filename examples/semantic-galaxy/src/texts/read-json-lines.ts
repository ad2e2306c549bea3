import { FileProblem, type FoundText } from "./text-limits.ts";

/**
 * A JSON object in each line, with `text` and perhaps `title` and `category`, as in the corpus of
 * a BEIR data set; or a string in each line.
 *
 * @throws FileProblem with the line
 */
export function readJsonLines(content: string, file: string): FoundText[] {
  return content.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const value = parse(line, file, index + 1);
    if (typeof value === "string") return [{ text: value }];
    const { text, title, category } = Object(value) as Record<string, unknown>;
    if (typeof text !== "string") {
      throw new FileProblem(file, 'the object has no "text".', index + 1);
    }
    return [
      {
        text,
        ...(typeof title === "string" && title !== "" && { title }),
        ...(typeof category === "string" && { category }),
      },
    ];
  });
}

function parse(line: string, file: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new FileProblem(file, "this line is not JSON.", number);
  }
}
