import { EmbeddingGemmaError, reasonOf, show } from "../errors.ts";

/** Gives the text of a file of the model repository, or null if there is none. */
export type ReadModelFile = (name: string, confirmMissing?: boolean) => Promise<string | null>;

/** The description files of one model. */
export interface ModelFiles {
  /** Id or folder, for messages. */
  readonly model: string;
  /**
   * The object in a JSON file, or null if there is no such file.
   *
   * @param confirmMissing - see `ModelFolder.read`
   * @throws `MODEL_FILE_INVALID`
   */
  readObject(name: string, confirmMissing?: boolean): Promise<JsonObject | null>;
  /**
   * The objects of the list in a JSON file, or null where there is no such file.
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
      throw invalidFile(model, file, `is not valid JSON (${reasonOf(cause)})`, cause);
    }
  }
  return {
    model,
    async readObject(file, confirmMissing) {
      const json = await readJson(file, confirmMissing);
      if (json === null) return null;
      if (isObject(json.value)) return new JsonObject(model, file, json.value);
      throw invalidFile(model, file, `holds ${show(json.value)} instead of an object`);
    },
    async readObjects(file) {
      const json = await readJson(file);
      if (json === null) return null;
      if (Array.isArray(json.value) && json.value.every(isObject)) {
        return json.value.map((entry) => new JsonObject(model, file, entry));
      }
      throw invalidFile(model, file, "is not a list of objects");
    },
  };
}

/**
 * An object in a file of the model, whose fields are checked when they are read. A field that is
 * null counts as missing, since Python writes None so.
 */
export class JsonObject {
  readonly model: string;
  readonly file: string;
  /** The fields as they are. */
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

  /** A length or a number of dimensions. @throws `MODEL_FILE_INVALID` */
  size(name: string): number | undefined {
    return this.#field(name, "a whole number of at least 1", isSize);
  }

  /** @throws `MODEL_FILE_INVALID` */
  sizes(name: string): readonly number[] | undefined {
    return this.#field(
      name,
      "a list of whole numbers of at least 1",
      (value): value is number[] => Array.isArray(value) && value.every(isSize),
    );
  }

  /** @throws `MODEL_FILE_INVALID` */
  object(name: string): JsonObject | undefined {
    const fields = this.#field(name, "an object", isObject);
    return fields && new JsonObject(this.model, this.file, fields);
  }

  /** The error of a field that is not as it should be. */
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

export function invalidFile(
  model: string,
  file: string,
  problem: string,
  cause?: unknown,
): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "MODEL_FILE_INVALID",
    `${file} of ${show(model)} ${problem}. Restore the file, or remove it from the cache so that it is fetched again.`,
    { model, file },
    cause === undefined ? undefined : { cause },
  );
}

/**
 * For what Sentence Transformers can do and this package cannot, so that no vector is wrong in
 * silence.
 */
export function unsupported(
  { model, file }: { readonly model: string; readonly file: string },
  problem: string,
): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "MODEL_NOT_DESCRIBED",
    `${file} of ${show(model)} ${problem}, which is not supported: its vectors would differ from those of Sentence Transformers.`,
    { model, file },
  );
}
