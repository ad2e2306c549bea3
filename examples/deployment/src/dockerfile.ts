import { DockerfileParser } from "dockerfile-ast";
import { textOf } from "./files.ts";

interface Instruction {
  readonly keyword: string;
  readonly arguments: string;
}

/** Instructions of the Dockerfile, by stage. */
export const stages: ReadonlyMap<string, readonly Instruction[]> = readStages();

/** Arguments of the only instruction of a kind in a stage. */
export function argumentsOf(stage: string, keyword: string): string {
  const found = stages.get(stage)!.filter((instruction) => instruction.keyword === keyword);
  if (found.length !== 1) throw new Error(`${stage} has ${found.length} times ${keyword}`);
  return found[0]!.arguments;
}

/** Variables that a stage sets with ENV. */
export function variablesOf(stage: string): Record<string, string> {
  const pairs = argumentsOf(stage, "ENV").split(/[\s\\]+/);
  return Object.fromEntries(pairs.map((pair) => pair.split("=", 2)));
}

function readStages() {
  const stages = new Map<string, Instruction[]>();
  let stage: Instruction[] = [];
  for (const instruction of DockerfileParser.parse(textOf("Dockerfile")).getInstructions()) {
    const [keyword, content] = [instruction.getKeyword(), instruction.getArgumentsContent() ?? ""];
    if (keyword === "FROM") {
      stage = [];
      stages.set(content.match(/ AS (\S+)$/)![1]!, stage);
    }
    stage.push({ keyword, arguments: content });
  }
  return stages;
}
