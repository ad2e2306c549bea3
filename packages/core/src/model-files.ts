import { EmbeddingGemmaError, reasonOf, show } from "./errors.ts";

/** Gives the text of a file of the model repository, or null where there is none. */
export type ReadModelFile = (name: string) => Promise<string | null>;

export type Json = Record<string, unknown>;

/** The description files of one model. */
export interface ModelFiles {
  /** Id or folder, for messages. */
  readonly model: string;
  /**
   * The object in a JSON file, or null where there is no such file.
   *
   * @throws `MODEL_FILE_INVALID`
   */
  readJson(name: string): Promise<Json | null>;
}

export function modelFiles(model: string, read: ReadModelFile): ModelFiles {
  return {
    model,
    async readJson(name) {
      const text = await read(name);
      if (text === null) return null;
      try {
        return JSON.parse(text) as Json;
      } catch (cause) {
        throw invalidFile(model, name, `is not valid JSON (${reasonOf(cause)})`, cause);
      }
    },
  };
}

export function invalidFile(model: string, file: string, problem: string, cause?: unknown): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "MODEL_FILE_INVALID",
    `${file} of ${show(model)} ${problem}. Restore the file, or remove it from the cache so that it is fetched again.`,
    { model, file },
    cause === undefined ? undefined : { cause },
  );
}

/** For what Sentence Transformers can do and this package cannot, so that no vector is wrong in silence. */
export function unsupported(model: string, file: string, problem: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "MODEL_NOT_DESCRIBED",
    `${file} of ${show(model)} ${problem}, which is not supported: its vectors would differ from those of Sentence Transformers.`,
    { model, file },
  );
}
