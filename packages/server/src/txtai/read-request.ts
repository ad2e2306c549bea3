import type { Context } from "hono";
import { z } from "zod";
import { readJson } from "../http/json-body.ts";
import { misspeltIn, noteMisspelt } from "../http/misspelt-fields.ts";
import { BodyError } from "../http/request-error.ts";
import type { AppSettings } from "../options.ts";
import { TxtaiError } from "./txtai-error.ts";

/** @throws TxtaiError */
export async function readBody(context: Context, payloadLimit: number): Promise<unknown> {
  try {
    return await readJson(context, payloadLimit);
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    if (error.status !== 400) throw new TxtaiError(error.status, error.message);
    throw new TxtaiError(422, [{ type: "json_invalid", loc: ["body"], msg: "JSON decode error" }]);
  }
}

/**
 * Checks the form of a body or a query string. Fields that seem to be misspelt are noted.
 *
 * @throws TxtaiError with a list of what is wrong, as FastAPI gives it
 */
export function parsed<T extends z.ZodType>(
  schema: T,
  value: unknown,
  from: "body" | "query",
  context: Context,
): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) {
    if (schema instanceof z.ZodObject) {
      noteMisspelt(context, value as object, Object.keys(schema.shape));
      refuseMisspeltFilter(context, from);
    }
    return result.data;
  }
  const detail = result.error.issues.map(({ code, path, message }) => ({
    type: code,
    loc: [from, ...path],
    msg: message,
  }));
  const field = result.error.issues[0]!.path.find((step) => typeof step === "string");
  throw new TxtaiError(422, detail, field);
}

/**
 * Limits the vectors and scores of one request, as txtai does not.
 *
 * @throws TxtaiError
 */
export function checkCount(
  count: number,
  { maxOpenAIBatchSize: limit }: Pick<AppSettings, "maxOpenAIBatchSize">,
): void {
  if (count > limit)
    throw new TxtaiError(
      422,
      `batch size ${count} > maximum allowed batch size ${limit} (--max-openai-batch-size)`,
    );
}

/**
 * Other misspelt fields are noted only. Without its filter, a search would find what the filter
 * should leave out.
 *
 * @throws TxtaiError
 */
function refuseMisspeltFilter(context: Context, from: "body" | "query"): void {
  const misspelt = misspeltIn(context).find(({ meant }) => meant === "filter");
  if (misspelt === undefined) return;
  const detail = [{ type: "custom", loc: [from, misspelt.field], msg: "Did you mean filter?" }];
  throw new TxtaiError(422, detail, misspelt.field);
}
