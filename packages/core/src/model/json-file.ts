import { EmbeddingGemmaError, show } from "../errors.ts";
import { jsonProblem } from "../files/json-problem.ts";

/** Reads a text file of the model. Returns null if the model does not have it. */
export type ReadModelFile = (name: string, confirmMissing?: boolean) => Promise<string | null>;

/** The JSON files of one model. */
export interface ModelFiles {
  /** Id or folder of the model, for error messages. */
  readonly model: string;
  /**
   * Reads a JSON file with an object. Returns null if the model does not have it.
   *
   * @param confirmMissing - see `ModelFolder.read`
   * @throws `MODEL_FILE_INVALID`
   */
  readObject(name: string, confirmMissing?: boolean): Promise<JsonObject | null>;
  /**
   * Reads a JSON file with an array of objects. Returns null if the model does not have it.
   *
   * @throws `MODEL_FILE_INVALID`
   */
  readObjects(name: string): Promise<JsonObject[] | null>;
}

export function modelFiles(model: string, read: ReadModelFile): ModelFiles {
  async function readJson(
    file: string,
    confirmMissing?: boolean,
  ): Promise<{ value: unknown } | null> {
    const text = await read(file, confirmMissing);
    if (text === null) return null;
    try {
      return { value: JSON.parse(text) };
    } catch (cause) {
      throw invalidFile(model, file, jsonProblem(text, cause), cause);
    }
  }
  return {
    model,
    async readObject(file, confirmMissing) {
      const json = await readJson(file, confirmMissing);
      if (json === null) return null;
      if (isObject(json.value)) return new JsonObject(model, file, json.value);
      throw invalidFile(model, file, `contains ${show(json.value)} instead of an object`);
    },
    async readObjects(file) {
      const json = await readJson(file);
      if (json === null) return null;
      if (Array.isArray(json.value) && json.value.every(isObject)) {
        return json.value.map((entry) => new JsonObject(model, file, entry));
      }
      throw invalidFile(model, file, "is not an array of objects");
    },
  };
}

/**
 * An object in a JSON file of the model. Its fields are checked when they are read. A field that is
 * null counts as missing, since Python writes None as null.
 */
export class JsonObject {
  readonly model: string;
  readonly file: string;
  /** The fields, unchecked. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(model: string, file: string, fields: Readonly<Record<string, unknown>>) {
    this.model = model;
    this.file = file;
    this.fields = fields;
  }

  /** @throws `MODEL_FILE_INVALID` */
  text(name: string): string | undefined {
    return this.#field(name, "a string", (value) => typeof value === "string");
  }

  /** @throws `MODEL_FILE_INVALID` */
  flag(name: string): boolean | undefined {
    return this.#field(name, "true or false", (value) => typeof value === "boolean");
  }

  /** A positive integer, such as a length or a dimension. @throws `MODEL_FILE_INVALID` */
  size(name: string): number | undefined {
    return this.#field(name, "a whole number of at least 1", isSize);
  }

  /** @throws `MODEL_FILE_INVALID` */
  sizes(name: string): readonly number[] | undefined {
    return this.#field(
      name,
      "an array of whole numbers of at least 1",
      (value): value is number[] => Array.isArray(value) && value.every(isSize),
    );
  }

  /** @throws `MODEL_FILE_INVALID` */
  object(name: string): JsonObject | undefined {
    const fields = this.#field(name, "an object", isObject);
    return fields && new JsonObject(this.model, this.file, fields);
  }

  /** The error for a field with an invalid value. */
  invalid(name: string, expected: string): EmbeddingGemmaError {
    return invalidFile(
      this.model,
      this.file,
      `has the ${name} ${show(this.fields[name])}, which is not ${expected}`,
    );
  }

  #field<T>(name: string, expected: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.fields[name];
    if (value === undefined || value === null) return undefined;
    if (is(value)) return value;
    throw this.invalid(name, expected);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1;
}

/** @param problem - completes the sentence "<file> of <model> …" */
export function invalidFile(
  model: string,
  file: string,
  problem: string,
  cause?: unknown,
): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "MODEL_FILE_INVALID",
    `${file} of ${show(model)} ${problem}. ` +
      "Restore the file, or delete it from the cache so that it is downloaded again.",
    { model, file },
    cause === undefined ? undefined : { cause },
  );
}

/**
 * The error for a feature of Sentence Transformers that this package lacks. To ignore it would give
 * wrong vectors.
 *
 * @param problem - completes the sentence "<file> of <model> …"
 */
export function unsupported(
  { model, file }: { readonly model: string; readonly file: string },
  problem: string,
): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "MODEL_NOT_DESCRIBED",
    `${file} of ${show(model)} ${problem}, which is not supported: ` +
      "its vectors would differ from those of Sentence Transformers.",
    { model, file },
  );
}
