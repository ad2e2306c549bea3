import type { Context, MiddlewareHandler } from "hono";
import { RequestError } from "./request-error.ts";

const key = "takeBodyBytes";

/**
 * Limits the memory for the bodies of all requests in work together.
 *
 * @param limit - number of bytes
 */
export function limitBodyBytes(limit: number): MiddlewareHandler {
  let left = limit;
  return async (context, next) => {
    let taken = 0;
    context.set(key, (bytes: number) => {
      if (bytes > left) throw new RequestError("Overloaded", "Model is overloaded");
      left -= bytes;
      taken += bytes;
    });
    try {
      await next();
    } finally {
      left += taken;
    }
  };
}

/**
 * Takes memory for bytes of a body, until the request is answered.
 *
 * @throws RequestError `Overloaded` if the bodies of other requests need too much
 */
export function takeBodyBytes(context: Context, bytes: number): void {
  (context.get(key) as (bytes: number) => void)(bytes);
}
