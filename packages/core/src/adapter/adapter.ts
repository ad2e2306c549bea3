import { clonePlain, defined, writeSafetensors } from "@embeddinggemma/internal";
import {
  checkOptions,
  invalidArgument,
  isObject,
  isRecord,
  isUrl,
  oneOf,
  type Rules,
  rules,
} from "../check.ts";
import { digestBytes } from "../digest.ts";
import type { HubOptions } from "../files/model-folder.ts";
import { typedArrayName } from "../vectors/vectors.ts";
import type {
  AdapterBase,
  AdapterMatrices,
  AdapterParts,
  AdapterSides,
  TextSide,
} from "./adapter-parts.ts";
import { applyMatrices, deltaOf } from "./linear-map.ts";
import { writeManifest } from "./manifest.ts";
import { readAdapter } from "./read-adapter.ts";

/**
 * A small linear map that is trained for one task and one model: x becomes x + x·Δ. It changes the
 * full vectors of the model, before truncation and normalization, of queries alone or of all texts.
 *
 * @example
 * const adapter = await Adapter.load("./adapters/planets");
 * const embedder = await Embedder.load("onnx-community/embeddinggemma-300m-ONNX", { adapter });
 */
export class Adapter {
  /** Which texts it changes: queries alone, or queries and documents. */
  readonly sides: AdapterSides;
  /** Length of the model's full vectors. */
  readonly dimension: number;
  /** The model that it was made for. */
  readonly base: AdapterBase;
  /** How it was trained: what the training wrote down, as JSON. */
  readonly training: Readonly<Record<string, unknown>>;
  readonly #matrices: AdapterMatrices;
  #safetensors: Uint8Array | null = null;
  #digest: string | null = null;

  private constructor(parts: AdapterParts) {
    const { sides, dimension, base, training = {} } = parts;
    this.sides = sides;
    this.dimension = dimension;
    this.base = { model: base.model, identity: base.identity };
    this.training = clonePlain(training);
    this.#matrices = matricesOf(parts);
  }

  /**
   * Makes an adapter of its numbers, which are copied.
   *
   * @example
   * const { model, modelIdentity: identity, dimension } = embedder;
   * const delta = new Float32Array(dimension * dimension); // changes nothing
   * const adapter = Adapter.from({
   *   sides: "query",
   *   dimension,
   *   weights: { delta },
   *   base: { model, identity },
   * });
   *
   * @throws `INVALID_ARGUMENT`
   */
  static from(parts: AdapterParts): Adapter {
    checkOptions(parts, partsRules);
    return new Adapter(parts);
  }

  /**
   * Loads an adapter from a local folder (a path or a `file:` URL), else from a repository on the
   * Hugging Face Hub; in a browser, from the URL of a folder or from the Hub.
   *
   * @example
   * const adapter = await Adapter.load("./adapters/planets");
   * const { ndcg } = adapter.training; // what its training wrote down
   *
   * @throws {@link EmbeddingGemmaError}: `ADAPTER_INVALID` if the folder has no adapter or a
   * damaged one, `MODEL_NOT_FOUND`, `DOWNLOAD_FAILED`, `INVALID_ARGUMENT`; the reason of `signal`
   */
  static async load(folder: string | URL, options: HubOptions = {}): Promise<Adapter> {
    checkOptions({ folder }, folderRules);
    checkOptions(options, hubRules);
    return new Adapter(await readAdapter(String(folder), options));
  }

  /** Number of columns of `a` if the map is the product of two, else null. */
  get rank(): number | null {
    return this.#matrices.rank;
  }

  /** SHA-256 of `adapter.safetensors`, in hex: the same for the same numbers. */
  get digest(): string {
    this.#digest ??= digestBytes(this.#bytes);
    return this.#digest;
  }

  /** Δ of x + x·Δ: a matrix of `dimension` × `dimension`, row by row. */
  delta(): Float32Array {
    return deltaOf(this.#matrices, this.dimension);
  }

  /**
   * Changes a full vector of the model, or several, as the adapter does on their side. Nothing is
   * scaled to unit length.
   *
   * @returns new vectors, of the same length
   * @throws `INVALID_ARGUMENT`
   */
  apply(vector: Float32Array, side: TextSide): Float32Array;
  apply(vectors: readonly Float32Array[], side: TextSide): Float32Array[];
  apply(
    input: Float32Array | readonly Float32Array[],
    side: TextSide,
  ): Float32Array | Float32Array[] {
    if (side !== "query" && side !== "document")
      throw invalidArgument("side", side, '"query" or "document"');
    return Array.isArray(input)
      ? input.map((vector, index) => this.#apply(vector, side, `vectors[${index}]`))
      : this.#apply(input as Float32Array, side, "vector");
  }

  /** Whether it changes the texts of a side. */
  changes(side: TextSide): boolean {
    return this.sides === "both" || side === "query";
  }

  /** The files of its folder, by name. */
  files(): Record<"adapter.json" | "adapter.safetensors", Uint8Array> {
    const { sides, rank, dimension, base, digest, training } = this;
    const manifest = writeManifest({ sides, rank, dimension, base, digest, training });
    return {
      "adapter.json": new TextEncoder().encode(manifest),
      "adapter.safetensors": this.#bytes.slice(),
    };
  }

  get #bytes(): Uint8Array {
    this.#safetensors ??= writeSafetensors(tensorsOf(this.#matrices, this.dimension));
    return this.#safetensors;
  }

  #apply(vector: Float32Array, side: TextSide, name: string): Float32Array {
    if (typedArrayName(vector) !== "Float32Array" || vector.length !== this.dimension) {
      const expected = `a Float32Array of ${this.dimension} numbers, a full vector of the model`;
      throw invalidArgument(name, vector, expected);
    }
    return this.changes(side) ? applyMatrices(this.#matrices, vector) : vector.slice();
  }
}

function matricesOf({ weights, dimension }: AdapterParts): AdapterMatrices {
  const numbers = (name: string, value: unknown): Float32Array => {
    if (typedArrayName(value) !== "Float32Array")
      throw invalidArgument(`weights.${name}`, value, "a Float32Array");
    const matrix = value as Float32Array;
    const index = matrix.findIndex((number) => !Number.isFinite(number));
    if (index === -1) return matrix.slice();
    throw invalidArgument(`weights.${name}[${index}]`, matrix[index], "a finite number");
  };
  if ("delta" in weights) {
    const delta = numbers("delta", weights.delta);
    if (delta.length === dimension * dimension) return { rank: null, delta };
    const expected = `${dimension} × ${dimension} numbers`;
    throw invalidArgument("weights.delta", `${delta.length} numbers`, expected);
  }
  const a = numbers("a", weights.a);
  const b = numbers("b", weights.b);
  const rank = a.length / dimension;
  if (!Number.isInteger(rank) || rank < 1 || rank > dimension) {
    const expected = `${dimension} × rank numbers, where rank is from 1 to ${dimension}`;
    throw invalidArgument("weights.a", `${a.length} numbers`, expected);
  }
  if (b.length === a.length) return { rank, a, b };
  throw invalidArgument("weights.b", `${b.length} numbers`, `${rank} × ${dimension} numbers`);
}

function tensorsOf(matrices: AdapterMatrices, dimension: number) {
  if (matrices.rank === null)
    return { delta: { shape: [dimension, dimension], data: matrices.delta } };
  const { rank, a, b } = matrices;
  return { a: { shape: [dimension, rank], data: a }, b: { shape: [rank, dimension], data: b } };
}

const folderRules: Rules<{ folder: string | URL }> = {
  folder: {
    expected: "a folder of an adapter",
    accepts: (value) => (typeof value === "string" && value !== "") || isUrl(value),
    required: true,
  },
};

const hubRules: Rules<HubOptions> = {
  revision: rules.text,
  token: rules.text,
  endpoint: rules.text,
  cacheDir: rules.text,
  localFilesOnly: rules.flag,
  onDownloadProgress: rules.callback,
  signal: rules.signal,
};

const partsRules: Rules<AdapterParts> = {
  sides: { ...oneOf(["query", "both"]), required: true },
  dimension: { ...rules.count, required: true },
  weights: {
    expected: "{ delta } or { a, b }, matrices as Float32Array",
    accepts: (value) =>
      isRecord(value) && ("delta" in value ? !("a" in value) : "a" in value && "b" in value),
    required: true,
  },
  base: {
    expected: "{ model, identity }, the model's name and `embedder.modelIdentity`",
    accepts: isBase,
    hint: (value) =>
      isRecord(value) && /[?&]adapter=/.test(String(value.identity))
        ? "That identity has an adapter already. Use `embedder.withAdapter(null).modelIdentity`."
        : undefined,
    required: true,
  },
  training: { expected: "an object that JSON can hold", accepts: isJsonObject },
};

function isBase(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { model, identity } = value;
  return (
    typeof model === "string" &&
    typeof identity === "string" &&
    identity !== "" &&
    !/[?&]adapter=/.test(identity)
  );
}

/** Whether JSON gives the same value back. */
function isJsonObject(value: unknown): boolean {
  if (!isObject(value)) return false;
  try {
    return isJson(value) && JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

function isJson(value: unknown): boolean {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return isObject(value) && Object.values(defined(value)).every(isJson);
}
