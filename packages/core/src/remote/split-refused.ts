import { RefusedText } from "../encoding/refused-text.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import { ServerFailure } from "./server-failure.ts";

/**
 * Sends texts. If the server refuses them, sends each half, until the text at fault is alone. So a
 * request that is only too large succeeds in parts.
 *
 * @param rows - indices of the texts
 * @returns the results of all texts
 * @throws RefusedText for the text at fault
 */
export async function sendInParts<Result>(
  rows: readonly number[],
  send: (rows: readonly number[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  try {
    return await send(rows);
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    if (error.facts.kind !== "split") throw error.asError();
    if (rows.length === 1) throw refusedText(rows[0]!, error);
    const middle = Math.ceil(rows.length / 2);
    return [
      ...(await sendInParts(rows.slice(0, middle), send)),
      ...(await sendInParts(rows.slice(middle), send)),
    ];
  }
}

function refusedText(row: number, failure: ServerFailure): RefusedText {
  const { url, status, tooLong } = failure.facts;
  const { message } = failure;
  const details = { url, status };
  return new RefusedText(row, (index) =>
    tooLong
      ? new EmbeddingGemmaError(
          "INPUT_TOO_LONG",
          `Text ${index} is too long for the server. ${message} Split the text.`,
          { index, ...tooLong, ...details },
          { cause: failure },
        )
      : new EmbeddingGemmaError(
          "SERVER_FAILED",
          `The server refuses text ${index}. ${message}`,
          { index, ...details },
          { cause: failure },
        ),
  );
}

/** Limits of one request. */
export interface RequestLimits {
  readonly maxItems: number;
  /** Number of UTF-16 units of all texts. A longer text gets a request of its own. */
  readonly maxCharacters: number;
}

/** Cuts a list of texts into requests within the limits. */
export function requestsOf<T>(
  texts: readonly T[],
  { maxItems, maxCharacters }: RequestLimits,
  lengthOf: (text: T) => number,
): T[][] {
  const requests: T[][] = [];
  let characters = 0;
  for (const text of texts) {
    const current = requests.at(-1);
    const length = lengthOf(text);
    const fits = current && current.length < maxItems && characters + length <= maxCharacters;
    if (fits) current.push(text);
    else requests.push([text]);
    characters = fits ? characters + length : length;
  }
  return requests;
}
