import { show } from "../errors.ts";
import { warnOnce } from "../warn-once.ts";
import type { ServerFacts } from "./server-facts.ts";
import { shownUrl } from "./shown-url.ts";

/**
 * Warns, once for each name, that the one model of a server is perhaps not the one that was named:
 * folders and copies on the Hub have names of their own.
 */
export function warnOfOther(
  named: string,
  { api, baseUrl, model }: Pick<ServerFacts, "api" | "baseUrl" | "model">,
): void {
  if (api === "openai" || isSimilar(named, model)) return;
  warnOnce(
    `${named} ${model}`,
    `The server ${shownUrl(baseUrl)} has the model ${show(model)}, and the option ` +
      `\`model\` names ${show(named)}, which has no effect: the vectors are those of the ` +
      "server's model. Leave out `model`, or use a server that has it.",
    "EMBEDDINGGEMMA_OTHER_MODEL",
  );
}

/** Whether one name is part of the other, without the owner or the folders above. */
function isSimilar(one: string, other: string): boolean {
  const [a, b] = [one, other].map(
    (name) => name.toLowerCase().split(/[\\/]/).findLast(Boolean) ?? "",
  );
  return a!.includes(b!) || b!.includes(a!);
}
