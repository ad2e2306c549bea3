import type { Embedder } from "@embeddinggemma/core";
import type { ServeOptions } from "../node/serve-options.ts";
import type { RequestReport } from "../reports/request-report.ts";
import type { Logger } from "./logs.ts";

type Warning<K extends keyof RequestReport> = (report: Pick<RequestReport, K>) => void;

/** Warns of fields of requests that seem to be misspelt, once for each misspelling. */
export function misspeltWarning(logger: Pick<Logger, "warn">): Warning<"route" | "misspelt"> {
  const warned = new Set<string>();
  return ({ route, misspelt }) => {
    for (const { field, meant } of misspelt) {
      const key = `${route} ${field}`;
      if (warned.has(key) || warned.size >= maxWarnings) continue;
      warned.add(key);
      logger.warn(`\`${field}\` is no field of ${route}; did you mean \`${meant}\`?`);
    }
  };
}

/** Clients can misspell without end. */
const maxWarnings = 100;

/**
 * Warns once of texts without a prompt, if the model was trained with prompts only, and whoever
 * started the server has not set one for them.
 */
export function unpromptedWarning(
  { prompts }: Pick<Embedder, "prompts">,
  { defaultPrompt, defaultPromptName }: ServeOptions,
  logger: Pick<Logger, "warn">,
): Warning<"route" | "statistics"> {
  const names = Object.keys(prompts);
  // A model can want no prompt for some texts.
  const wantsPrompts = names.length > 0 && Object.values(prompts).every((prompt) => prompt !== "");
  let isSilent = !wantsPrompts || defaultPrompt !== undefined || defaultPromptName !== undefined;
  return ({ route, statistics }) => {
    if (isSilent || !statistics?.unprompted) return;
    isSilent = true;
    logger.warn(
      `A request to ${route} named no prompt, so search with its vectors is worse. Name one in ` +
        'requests (prompt_name "query" or "document", or a model name that ends in ":query" or ' +
        '":document"), or start the server with --default-prompt-name. This is said once.',
    );
  };
}

/** Warns of documents that are longer than the model reads at once. */
export function truncatedWarning(
  { maxTokens }: Pick<Embedder, "maxTokens">,
  logger: Pick<Logger, "warn">,
): Warning<"route" | "truncated"> {
  return ({ route, truncated }) => {
    if (truncated.length === 0) return;
    const known = truncated.filter((id) => id !== null);
    const shown = known.slice(0, mostIds).map((id) => JSON.stringify(id).slice(0, longestId));
    const ids = [...shown, ...(known.length > mostIds ? ["…"] : [])].join(", ");
    const such = known.length === 0 ? "" : ` Their ids: ${ids}.`;
    const count = truncated.length === 1 ? "1 document" : `${truncated.length} documents`;
    logger.warn(
      `${count} of ${route} had more than ${maxTokens} tokens: what comes after is not found. ` +
        `Split long documents.${such}`,
    );
  };
}

const mostIds = 5;
/** Clients choose them. */
const longestId = 60;
