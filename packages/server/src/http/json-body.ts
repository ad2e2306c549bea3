import type { Context } from "hono";
import type { z } from "zod";
import { takeBodyBytes } from "./body-budget.ts";
import { noteMisspelt } from "./misspelt-fields.ts";
import { BodyError, RequestError } from "./request-error.ts";

/** Deepest nesting of a body, as in TEI (`serde_json`). */
const maxDepth = 128;

/**
 * The body of a request, which must be JSON in UTF-8.
 *
 * @throws BodyError; RequestError `Overloaded` if all bodies together need too much memory
 */
export async function readJson(context: Context, maxBytes: number): Promise<unknown> {
  const bytes = await readBytes(context, maxBytes);
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
 * Checks the form of a body. Fields that it does not have are ignored, as in TEI; those that seem
 * to be misspelt are noted for the report of the request.
 *
 * @throws BodyError
 */
export function checkForm<T extends z.ZodObject>(
  schema: T,
  body: unknown,
  context: Context,
): z.output<T> {
  const result = schema.safeParse(body);
  if (result.success) {
    noteMisspelt(context, body as object, Object.keys(schema.shape));
    return result.data;
  }
  const { path, message } = result.error.issues[0]!;
  const field = path.map(String).join(".");
  const where = field === "" ? "" : `${field}: `;
  throw new BodyError(
    422,
    `Failed to deserialize the JSON body into the target type: ${where}${message}`,
    field === "" ? null : String(path[0]),
  );
}

/**
 * The bytes of a body. Two routes of one path can both ask for them.
 *
 * @throws BodyError as soon as there are too many; RequestError `Overloaded`
 */
async function readBytes(context: Context, maxBytes: number): Promise<Uint8Array> {
  const known: Promise<Uint8Array> | undefined = context.get(bodyKey);
  const reading = known ?? readNewBytes(context, maxBytes);
  context.set(bodyKey, reading);
  const bytes = await reading;
  refuseLarge(bytes.length, maxBytes);
  return bytes;
}

const bodyKey = "bodyBytes";

async function readNewBytes(context: Context, maxBytes: number): Promise<Uint8Array> {
  const { req } = context;
  const encoding = req.header("content-encoding") ?? "identity";
  if (encoding !== "identity")
    throw new BodyError(415, `Send the body as it is, without \`Content-Encoding: ${encoding}\``);
  refuseReadBody(context);
  const length = req.header("content-length");
  if (length !== undefined && req.header("transfer-encoding") === undefined) {
    refuseLarge(Number(length), maxBytes);
    takeBodyBytes(context, Number(length));
    return new Uint8Array(await req.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of req.raw.body ?? []) {
    size += chunk.length;
    refuseLarge(size, maxBytes);
    takeBodyBytes(context, chunk.length);
    chunks.push(chunk);
  }
  return joined(chunks, size);
}

/** Cloud Functions keep the body as `rawBody`. */
interface NodeRequest {
  readonly readableDidRead: boolean;
  readonly rawBody?: unknown;
}

/** @throws RequestError if somebody has read the body, as `express.json()` does */
function refuseReadBody({ req, env }: Context): void {
  // The request of Node, where the server has one.
  const { incoming } = (env ?? {}) as { readonly incoming?: NodeRequest };
  const isKept = Object.keys(req.bodyCache).length > 0 || incoming?.rawBody !== undefined;
  if (isKept || (!req.raw.bodyUsed && !incoming?.readableDidRead)) return;
  throw new RequestError(
    "Backend",
    "The body was read before it reached this app: put the app before express.json() and other " +
      "parsers of bodies.",
    { status: 500 },
  );
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** @throws BodyError */
function refuseLarge(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new BodyError(
    413,
    `Failed to buffer the request body: length limit of ${maxBytes} bytes exceeded`,
  );
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
