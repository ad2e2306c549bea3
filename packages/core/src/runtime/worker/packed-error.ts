import { EmbeddingGemmaError, type EmbeddingGemmaErrorCode, isError } from "../../errors.ts";

/**
 * A thrown value in a form that can be sent to another process. Structured cloning of an error
 * would drop most of its fields.
 */
export type PackedError =
  | { readonly kind: "value"; readonly value: unknown }
  | (ErrorFields & {
      readonly kind: "error";
      readonly name: string;
      readonly code?: string | number;
    })
  | (ErrorFields & {
      readonly kind: "own";
      readonly code: EmbeddingGemmaErrorCode;
      readonly details: Readonly<Record<string, unknown>>;
    });

interface ErrorFields {
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause?: PackedError;
}

export function packError(error: unknown): PackedError {
  if (!isError(error)) return { kind: "value", value: cloneable(error) ? error : String(error) };
  const fields: ErrorFields = {
    message: error.message,
    stack: error.stack,
    ...(error.cause !== undefined && { cause: packError(error.cause) }),
  };
  if (EmbeddingGemmaError.isInstance(error)) {
    return {
      kind: "own",
      ...fields,
      code: error.code,
      details: cloneable(error.details) ? error.details : {},
    };
  }
  const { code } = error as { code?: unknown };
  const hasCode = typeof code === "string" || typeof code === "number";
  return { kind: "error", ...fields, name: error.name, ...(hasCode && { code }) };
}

/**
 * Restores the thrown value. An `EmbeddingGemmaError` becomes one again; any other error keeps its
 * name, code, stack and cause.
 */
export function unpackError(packed: PackedError): unknown {
  if (packed.kind === "value") return packed.value;
  const options = packed.cause && { cause: unpackError(packed.cause) };
  if (packed.kind === "own") {
    const error = new EmbeddingGemmaError(packed.code, packed.message, packed.details, options);
    return Object.assign(error, { stack: packed.stack });
  }
  const { name, code, stack } = packed;
  return Object.assign(new Error(packed.message, options), {
    name,
    stack,
    ...(code !== undefined && { code }),
  });
}

function cloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
