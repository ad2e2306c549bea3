import type {
  PreTrainedModel,
  PretrainedConfig,
  PretrainedModelOptions,
} from "@huggingface/transformers";
import { EmbeddingGemmaError, show } from "../errors.ts";
import { encodePath } from "../files/hub/hub-names.ts";
import { importTransformers, type Transformers } from "../transformers/import-transformers.ts";
import type { Backend } from "./backend.ts";
import { containFailures, outputsOf } from "./contain-failures.ts";
import {
  described,
  type GraphFile,
  type PreparedGraph,
  parentOf,
  transformersFileOf,
} from "./graph-file.ts";
import { loadFailureOf } from "./load-failure.ts";
import {
  type ReadableFolder,
  readJson,
  type TokenizerFolder,
  type TokenizerOptions,
} from "./load-tokenizer.ts";
import { floatsOf } from "./tensor-floats.ts";
import { type ModelRunner, withTokenizer } from "./with-tokenizer.ts";

export interface TransformersBackendOptions extends TokenizerOptions {
  graphFile: GraphFile;
  /** See `prepare-to-run.ts`. */
  preparedGraph?: PreparedGraph;
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
}

/**
 * Loads a model folder with Transformers.js, 3.8 or 4.
 *
 * @param folder - the path is a URL in a browser, with the files in the cache of Transformers.js
 * @throws `LOAD_FAILED` with the error of the runtime as `cause`; `MODEL_FILE_INVALID`
 */
export async function loadTransformersBackend(
  folder: TokenizerFolder,
  options: TransformersBackendOptions,
): Promise<Backend> {
  return withTokenizer(folder, options, loadTransformersModel(folder, options));
}

/**
 * {@link loadTransformersBackend} without its tokenizer.
 *
 * @throws `LOAD_FAILED`
 */
export async function loadTransformersModel(
  folder: ReadableFolder,
  { graphFile, preparedGraph, device, sessionOptions, dataFiles = [] }: TransformersBackendOptions,
): Promise<ModelRunner> {
  const transformers = await importTransformers();
  const { PretrainedConfig, Tensor } = transformers;
  const { path } = folder;
  const options = {
    ...transformersFileOf(preparedGraph?.file ?? graphFile),
    // All files are local. For a URL, Transformers.js finds them in its cache, but not with this.
    local_files_only: !isUrl(path),
    ...(device && { device }),
    session_options: withDataFiles(path, graphFile, dataFiles, sessionOptions),
    // The configuration may count data files, but only those of one naming scheme.
    use_external_data_format: false,
  } as PretrainedModelOptions;
  const circumstances = `${described(graphFile)}${device ? ` on device ${device}` : ""}`;
  const webDevice = isUrl(path) ? device : undefined;
  const load = async () => {
    const config = withoutMedia(new PretrainedConfig(await readJson(folder, "config.json")));
    const ModelClass = modelClassFor(config, transformers);
    return {
      config,
      model: await ModelClass.from_pretrained(preparedGraph?.folder ?? path, {
        ...options,
        config,
      }),
    };
  };
  const { config, model } = await load().catch((cause: unknown) => {
    throw new EmbeddingGemmaError(
      "LOAD_FAILED",
      `Transformers.js could not load ${show(path)} ${circumstances}: ` +
        loadFailureOf(cause, webDevice),
      {
        folder: path,
        file: graphFile.path,
        files: [graphFile.path, ...dataFiles],
        dtype: graphFile.dtype,
        device,
      },
      { cause },
    );
  });
  containFailures(model);
  const noMedia = Object.fromEntries(
    mediaInputsOf(model).map((name) => [
      name,
      new Tensor("float32", new Float32Array(0), [0, hiddenSizeOf(config)]),
    ]),
  );
  return {
    async run({ rows, length, inputIds, attentionMask }, { hiddenStates = false } = {}) {
      const result = await model({
        ...noMedia,
        input_ids: new Tensor("int64", integersFor(Tensor, inputIds), [rows, length]),
        attention_mask: new Tensor("int64", integersFor(Tensor, attentionMask), [rows, length]),
      });
      const outputs = outputsOf(result);
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

/**
 * Tells ONNX Runtime where the data files are. In a folder, it finds them beside the graph. In a
 * browser, Transformers.js reads those of `externalData` from its cache: `path` is the name in the
 * graph, `data` the path in the folder. The caller's own entries take precedence.
 */
function withDataFiles(
  folder: string,
  { path: graph }: GraphFile,
  dataFiles: readonly string[],
  sessionOptions: Record<string, unknown> = {},
): Record<string, unknown> {
  if (!isUrl(folder) || dataFiles.length === 0) return sessionOptions;
  const given = (sessionOptions.externalData ?? []) as readonly (string | { path?: string })[];
  const givenPaths = given.map((entry) => (typeof entry === "string" ? entry : entry.path));
  const parent = parentOf(graph);
  const start = parent === "" ? 0 : parent.length + 1;
  const own = dataFiles
    .map((file) => ({ path: file.slice(start), data: encodePath(file) }))
    .filter(({ path }) => !givenPaths.includes(path));
  return { ...sessionOptions, externalData: [...own, ...given] };
}

/**
 * `AutoModel`, or `PreTrainedModel` for a model type that this release does not know. `AutoModel`
 * would use the same class, but print a warning. Embedding models run in the same way in both.
 */
function modelClassFor(
  { model_type }: PretrainedConfig,
  { AutoModel, PreTrainedModel: AnyModel }: Transformers,
): typeof PreTrainedModel {
  const mappings = AutoModel.MODEL_CLASS_MAPPINGS as readonly Map<string, unknown>[];
  const isKnown = mappings.some((mapping) => mapping.has(model_type as string));
  return isKnown ? (AutoModel as unknown as typeof AnyModel) : AnyModel;
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

/** In a VM context, typed arrays are not those that ONNX Runtime knows. Plain arrays always are. */
function integersFor(
  tensor: Transformers["Tensor"],
  integers: BigInt64Array,
): BigInt64Array | bigint[] {
  return tensor instanceof Function ? integers : Array.from(integers);
}
