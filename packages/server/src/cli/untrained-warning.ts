import type { Embedder } from "@embeddinggemma/core";
import type { RequestReport } from "../reports/request-report.ts";
import type { Logger } from "./logs.ts";

/**
 * Warns once of each length of vectors that clients ask for and that the model was not trained for:
 * as in TEI, they get it.
 */
export function untrainedWarning(
  { description }: { readonly description: Described },
  logger: Pick<Logger, "warn">,
): (report: Pick<RequestReport, "dimensions" | "statistics">) => void {
  const { matryoshkaDimensions: trained, anyDimension } = description;
  const known = new Set(trained);
  return ({ dimensions, statistics }) => {
    if (anyDimension || dimensions === undefined || !statistics || known.has(dimensions)) return;
    known.add(dimensions);
    logger.warn(
      `A client asked for vectors of ${dimensions} numbers. The model was not trained for that ` +
        `length, so search can be worse. It was trained for ${trained.join(", ")}.`,
    );
  };
}

type Described = Pick<Embedder["description"], "matryoshkaDimensions" | "anyDimension">;
