import { RequestError } from "../http/request-error.ts";

/**
 * Checks the number of inputs of a request.
 *
 * @throws RequestError
 */
export function checkBatchSize(size: number, limit: number): void {
  if (size === 0)
    throw new RequestError("Empty", "Input validation error: `inputs` cannot be empty");
  if (size > limit)
    throw new RequestError(
      "Validation",
      `batch size ${size} > maximum allowed batch size ${limit}`,
    );
}
