import type { Embedder } from "@embeddinggemma/core";
import type { FaissStoreError, IdentityDifference } from "@embeddinggemma/faiss";
import { DocumentIndex } from "../documents/document-index.ts";
import { whyReadOnly } from "../documents/foreign-documents.ts";
import { CannotRun } from "./cannot-run.ts";
import { errorFields, type Logger } from "./logs.ts";
import type { StoreFolder } from "./store-folder.ts";

/**
 * Opens the store of `--store`.
 *
 * @throws CannotRun if its vectors are not those of the embedder; other FaissStoreErrors
 */
export async function openIndex(
  { folder, isReadOnly }: StoreFolder,
  embedder: Embedder,
  logger: Logger,
): Promise<DocumentIndex> {
  const onReopen = (failure?: unknown) => {
    if (failure === undefined) return logger.info("The store has changed, and was opened again");
    const reason = differenceOf(failure, embedder);
    if (reason !== undefined)
      return logger.error(`${folder} was replaced, and has ${reason}. ${formerState} ${restart}`);
    const change = "The store has changed, but cannot be opened.";
    logger.warn({ error: errorFields(failure).error }, `${change} ${formerState}`);
  };
  try {
    const index = await DocumentIndex.open(folder, embedder, { readOnly: isReadOnly, onReopen });
    const { foreignOwner } = index;
    if (foreignOwner !== undefined && !isReadOnly)
      logger.warn(`${folder} is read-only for clients. ${whyReadOnly(foreignOwner)}`);
    return index;
  } catch (error) {
    const reason = differenceOf(error, embedder);
    if (reason === undefined) throw error;
    const advice = "Start the server with the model that made the store, or with another --store.";
    throw new CannotRun(`${folder} has ${reason}. ${advice}`, { cause: error });
  }
}

const formerState = "Its former state is served.";
const restart = "Start the server again, with the model that made the store.";

function differenceOf(error: unknown, { dimension, description }: Embedder): string | undefined {
  const { code, details } = Object(error) as Partial<FaissStoreError>;
  if (code === "DIMENSION_MISMATCH") {
    const given = details?.given as number;
    const difference = `vectors of ${given} numbers, but those of the model have ${dimension}`;
    if (given === description.dimension) return `${difference} (with --truncate-dim)`;
    const isTrained = description.matryoshkaDimensions.includes(given);
    return isTrained ? `${difference} (without --truncate-dim ${given})` : difference;
  }
  if (code !== "IDENTITY_MISMATCH") return undefined;
  const differences = (details?.differences ?? []) as IdentityDifference[];
  if (differences.length === 0) return "vectors of an unknown model";
  const names = differences.map(({ name, stored }) =>
    stored === undefined ? name : `${name} (there: ${stored})`,
  );
  return `vectors of another model. They differ in ${names.join(", ")}`;
}
