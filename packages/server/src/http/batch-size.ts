import { RequestError } from "../http/request-error.ts";

/**
 * Checks the number of inputs of a request.
 *
 * @throws RequestError
 */
export function checkBatchSize(
  size: number,
  limit: number,
  flag: "--max-client-batch-size" | "--max-openai-batch-size",
): void {
  if (size === 0)
    throw new RequestError("Empty", "Input validation error: `inputs` cannot be empty");
  if (size > limit)
    throw new RequestError(
      "Validation",
      // The first part is TEI's.
      `batch size ${size} > maximum allowed batch size ${limit} (${flag})`,
    );
}
