import { Pacer } from "@embeddinggemma/internal";
import type {
  PreTrainedModel,
  PretrainedConfig,
  PretrainedModelOptions,
} from "@huggingface/transformers";
import { checkText } from "../check.ts";
import { EmbeddingGemmaError, reasonOf, show } from "../errors.ts";
import { encodePath } from "../files/hub/hub-names.ts";
import { makeExact, type TokenizerConfig } from "../tokenizer/exact-tokenizer.ts";
import { findTextPieces, type TextPieces } from "../tokenizer/text-pieces.ts";
import { tokenizeTexts } from "../tokenizer/tokenize-long.ts";
import type { Backend, SpecialTokens } from "./backend.ts";
import type { Dtype } from "./dtype.ts";
import { weightsFile } from "./dtype.ts";
import { floatsOf } from "./tensor-floats.ts";

export interface TransformersBackendOptions {
  dtype: Dtype;
  /**
   * Device to run the model on, named as in Transformers.js: `"cpu"`, `"webgpu"`, `"wasm"`,
   * `"cuda"`, `"dml"`, `"coreml"`.
   */
  device?: string;
  /** Options of the ONNX Runtime session, passed on as they are. */
  sessionOptions?: Record<string, unknown>;
  /**
   * Data files with weights that are not in the graph itself, as paths in the folder.
   *
   * @default []
   */
  dataFiles?: readonly string[];
  /** Whether texts are lowercased before tokenizing. @default false */
  lowerCase?: boolean | undefined;
}

/**
 * Loads a model folder with Transformers.js, 3.8 or 4.
 *
 * @param folder - path of the folder; in a browser its URL, with the files in the cache of
 * Transformers.js
 * @throws `LOAD_FAILED` with the error of the runtime as `cause`; `MODEL_FILE_INVALID`
 */
export async function loadTransformersBackend(
  folder: string,
  { dtype, device, sessionOptions, dataFiles = [], lowerCase }: TransformersBackendOptions,
): Promise<Backend> {
  const { AutoConfig, Tensor } = await import("@huggingface/transformers");
  const options = {
    dtype,
    ...loadingOptions(folder),
    ...(device && { device }),
    session_options: withDataFiles(folder, dataFiles, sessionOptions),
    // The configuration may count data files, but only those of one naming scheme.
    use_external_data_format: false,
  } as PretrainedModelOptions;
  const { tokenizer, specialTokens, padding, pieces } = await loadTokenizer(folder, { lowerCase });
  const place = `with dtype ${dtype}${device ? ` on device ${device}` : ""}`;
  const load = async () => {
    const config = withoutMedia(await AutoConfig.from_pretrained(folder, loadingOptions(folder)));
    const ModelClass = await modelClassFor(config);
    return { config, model: await ModelClass.from_pretrained(folder, { ...options, config }) };
  };
  const { config, model } = await load().catch((cause: unknown) => {
    throw new EmbeddingGemmaError(
      "LOAD_FAILED",
      `Transformers.js could not load ${show(folder)} ${place}: ${reasonOf(cause)}`,
      {
        folder,
        file: weightsFile(dtype),
        files: [weightsFile(dtype), ...dataFiles],
        dtype,
        device,
      },
      { cause },
    );
  });
  const noMedia = Object.fromEntries(
    mediaInputsOf(model).map((name) => [
      name,
      new Tensor("float32", new Float32Array(0), [0, hiddenSizeOf(config)]),
    ]),
  );
  return {
    tokenizer,
    specialTokens,
    padding,
    tokenize: (texts, options) =>
      tokenizeTexts(
        texts,
        (whole, signal) => mapWithPauses(whole, tokenizer.encode, signal),
        pieces,
        options,
      ),
    async run({ rows, length, inputIds, attentionMask }, { hiddenStates = false } = {}) {
      const outputs = await model({
        ...noMedia,
        input_ids: new Tensor("int64", inputIds, [rows, length]),
        attention_mask: new Tensor("int64", attentionMask, [rows, length]),
      });
      const { sentence_embedding, last_hidden_state = outputs.token_embeddings } = outputs;
      // Hidden states are large, and usually not needed if the graph gives finished vectors.
      const needsHiddenStates = last_hidden_state && (hiddenStates || !sentence_embedding);
      return {
        ...(sentence_embedding && { sentenceEmbedding: floatsOf(sentence_embedding) }),
        ...(needsHiddenStates && { lastHiddenState: floatsOf(last_hidden_state) }),
      };
    },
    async dispose() {
      await model.dispose();
    },
  };
}

/** The parts of a backend that need no model. */
export interface LoadedTokenizer extends Pick<Backend, "tokenizer" | "specialTokens" | "padding"> {
  /** Where long texts can be cut. */
  pieces(): TextPieces | null;
}

/**
 * Loads the tokenizer of a model folder.
 *
 * @throws `LOAD_FAILED`, `MODEL_FILE_INVALID`
 */
export async function loadTokenizer(
  folder: string,
  { lowerCase = false }: Pick<TransformersBackendOptions, "lowerCase"> = {},
): Promise<LoadedTokenizer> {
  // Not AutoTokenizer: tokenizer.json describes the tokenizer completely, and the class that
  // tokenizer_config.json names may be unknown to Transformers.js, which would print a warning.
  const { PreTrainedTokenizer } = await import("@huggingface/transformers");
  let config!: TokenizerConfig;
  class ExactTokenizer extends PreTrainedTokenizer {
    constructor(tokenizerJson: object, tokenizerConfig: object) {
      super(tokenizerJson, tokenizerConfig);
      config = tokenizerJson as TokenizerConfig;
      makeExact(this, config, { lowerCase });
    }
  }
  const tokenizer = await ExactTokenizer.from_pretrained(folder, loadingOptions(folder)).catch(
    (cause: unknown) => {
      throw new EmbeddingGemmaError(
        "LOAD_FAILED",
        `Transformers.js could not load the tokenizer in ${show(folder)}: ${reasonOf(cause)}`,
        { folder, file: "tokenizer.json" },
        { cause },
      );
    },
  );
  const padId = tokenizer.pad_token_id as number | undefined;
  if (padId === undefined || padId === null) {
    throw new EmbeddingGemmaError(
      "MODEL_FILE_INVALID",
      `The tokenizer in ${show(folder)} has no pad token, so texts cannot be batched. ` +
        'Set "pad_token" in its tokenizer_config.json.',
      { folder, file: "tokenizer_config.json" },
    );
  }
  // No tokenizer accepts lone surrogates, so they are replaced by U+FFFD.
  const tokenize = (text: string, specials: boolean): number[] =>
    tokenizer.encode(checkText(text).toWellFormed(), { add_special_tokens: specials });

  const encode = (text: string) => tokenize(text, false);
  let pieces: TextPieces | null | undefined;
  return {
    pieces() {
      if (pieces === undefined) pieces = findTextPieces(tokenizer, config, encode);
      return pieces;
    },
    tokenizer: {
      encode,
      decode: (ids) =>
        ids.length === 0 ? "" : tokenizer.decode([...ids], { skip_special_tokens: true }),
    },
    specialTokens: specialTokensOf(tokenize),
    padding: { id: padId, side: tokenizer.padding_side === "left" ? "left" : "right" },
  };
}

/**
 * Tells ONNX Runtime where the data files are. In a folder, it finds them beside the graph. In a
 * browser, Transformers.js reads those of `externalData` from its cache: `path` is the name in the
 * graph, `data` the path in the folder. The caller's own entries take precedence.
 */
function withDataFiles(
  folder: string,
  dataFiles: readonly string[],
  sessionOptions: Record<string, unknown> = {},
): Record<string, unknown> {
  if (!isUrl(folder) || dataFiles.length === 0) return sessionOptions;
  const given = (sessionOptions.externalData ?? []) as readonly (string | { path?: string })[];
  const givenPaths = given.map((entry) => (typeof entry === "string" ? entry : entry.path));
  const own = dataFiles
    .map((file) => ({ path: file.slice("onnx/".length), data: encodePath(file) }))
    .filter(({ path }) => !givenPaths.includes(path));
  return { ...sessionOptions, externalData: [...own, ...given] };
}

/**
 * `AutoModel`, or `PreTrainedModel` for a model type that this release does not know. `AutoModel`
 * would use the same class, but print a warning. Embedding models run in the same way in both.
 */
async function modelClassFor({ model_type }: PretrainedConfig): Promise<typeof PreTrainedModel> {
  const { AutoModel, PreTrainedModel } = await import("@huggingface/transformers");
  const mappings = AutoModel.MODEL_CLASS_MAPPINGS as readonly Map<string, unknown>[];
  const isKnown = mappings.some((mapping) => mapping.has(model_type as string));
  return isKnown ? (AutoModel as unknown as typeof PreTrainedModel) : PreTrainedModel;
}

/**
 * All files are local, so nothing must be downloaded. For a URL, Transformers.js finds them in its
 * cache, but not with `local_files_only`.
 */
function loadingOptions(folder: string): { local_files_only: boolean } {
  return { local_files_only: !isUrl(folder) };
}

function isUrl(folder: string): boolean {
  return /^https?:/.test(folder);
}

/**
 * Removes the encoders of other media from the configuration, so that Transformers.js loads only
 * the text part of a multimodal model.
 */
function withoutMedia(config: PretrainedConfig): PretrainedConfig {
  return Object.assign(config, { vision_config: null, audio_config: null });
}

/**
 * Inputs of a multimodal graph for images, videos and sounds, such as `image_features`.
 * Transformers.js 4 sets them itself, but release 3 does not know such models.
 */
function mediaInputsOf(model: PreTrainedModel): string[] {
  const { inputNames } = model.sessions.model as { inputNames: readonly string[] };
  return inputNames.filter((name) => name.endsWith("_features"));
}

function hiddenSizeOf(config: PretrainedConfig): number {
  const { text_config, hidden_size } = config as unknown as {
    text_config?: { hidden_size: number };
    hidden_size: number;
  };
  return text_config?.hidden_size ?? hidden_size;
}

async function mapWithPauses<T, U>(
  items: readonly T[],
  map: (item: T) => U,
  signal: AbortSignal | undefined,
): Promise<U[]> {
  const results: U[] = [];
  const pacer = new Pacer();
  for (const item of items) {
    results.push(map(item));
    if (!pacer.due) continue;
    await pacer.pause();
    signal?.throwIfAborted();
  }
  return results;
}

/** Finds the special tokens around any text by tokenizing one. */
function specialTokensOf(tokenize: (text: string, specials: boolean) => number[]): SpecialTokens {
  const content = tokenize("a", false);
  const full = tokenize("a", true);
  const start = full.findIndex((_, index) =>
    content.every((token, offset) => full[index + offset] === token),
  );
  return { prefix: full.slice(0, start), suffix: full.slice(start + content.length) };
}
