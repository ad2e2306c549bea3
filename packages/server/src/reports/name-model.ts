import type { MiddlewareHandler } from "hono";
import { sha256 } from "../http/sha256.ts";
import { hasStatistics } from "./request-report.ts";

/**
 * Names the model in answers with vectors, in the header `x-model-identity`, so that a client
 * notices if another model answers. The value is a digest: identities can hold names of folders.
 */
export function nameModel(modelIdentity: string): MiddlewareHandler {
  const digest = sha256(modelIdentity);
  return async (context, next) => {
    await next();
    if (hasStatistics(context)) context.header("x-model-identity", (await digest).slice(0, 32));
  };
}
