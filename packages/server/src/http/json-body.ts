import type { Context } from "hono";
import type { z } from "zod";
import { BodyError } from "./request-error.ts";

/** Deepest nesting of a body, as in TEI (`serde_json`). */
const maxDepth = 128;

/**
 * The body of a request, which must be JSON in UTF-8.
 *
 * @throws BodyError
 */
export async function readJson(context: Context, maxBytes: number): Promise<unknown> {
  refuseLarge(Number(context.req.header("content-length") ?? 0), maxBytes);
  const bytes = await context.req.arrayBuffer();
  refuseLarge(bytes.byteLength, maxBytes);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    refuseDeepNesting(text);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof BodyError) throw error;
    const { message } = error as Error;
    throw new BodyError(400, `Failed to parse the request body as JSON: ${message}`);
  }
}

/** As {@link readJson}, for routes that want to be told that the body is JSON. */
export async function readDeclaredJson(context: Context, maxBytes: number): Promise<unknown> {
  const type = context.req.header("content-type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type))
    throw new BodyError(415, "Expected request with `Content-Type: application/json`");
  return readJson(context, maxBytes);
}

/**
 * Checks the form of a body.
 *
 * @throws BodyError
 */
export function checkForm<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const field = path.map(String).join(".");
  const where = field === "" ? "" : `${field}: `;
  throw new BodyError(
    422,
    `Failed to deserialize the JSON body into the target type: ${where}${message}`,
    field === "" ? null : String(path[0]),
  );
}

/** @throws BodyError */
function refuseLarge(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new BodyError(413, tooLargeMessage(maxBytes));
}

/** For a body that is too large. */
export function tooLargeMessage(maxBytes: number): string {
  return `Failed to buffer the request body: length limit of ${maxBytes} bytes exceeded`;
}

/** Before the body is parsed. Brackets in strings do not count. */
function refuseDeepNesting(text: string): void {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === backslash) index++;
      else if (code === quote) isInString = false;
    } else if (code === quote) {
      isInString = true;
    } else if (code === openBracket || code === openBrace) {
      depth++;
      if (depth > maxDepth)
        throw new BodyError(
          400,
          "Failed to parse the request body as JSON: recursion limit exceeded",
        );
    } else if (code === closeBracket || code === closeBrace) {
      depth--;
    }
  }
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Array.from(
  '"\\[]{}',
  (character) => character.charCodeAt(0),
) as [number, number, number, number, number, number];
