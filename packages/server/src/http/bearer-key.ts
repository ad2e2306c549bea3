import type { MiddlewareHandler } from "hono";

/**
 * Lets only requests with the key pass, in the header `Authorization: Bearer <key>`. The name of
 * the scheme can have any case. Compares digests, so that the time does not depend on how much of
 * the key is right.
 */
export function bearerKey(key: string): MiddlewareHandler {
  const expected = digest(key);
  return async (context, next) => {
    const [, given] = /^bearer +(.+)$/i.exec(context.req.header("authorization") ?? "") ?? [];
    if (given === undefined || !areEqual(await digest(given), await expected))
      return context.body(null, 401);
    await next();
  };
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (const [index, byte] of a.entries()) difference |= byte ^ b[index]!;
  return difference === 0;
}
