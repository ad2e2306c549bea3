/**
 * What neighbouring tools call an option, by its name here: Sentence Transformers, Transformers.js,
 * LangChain, LlamaIndex, OpenAI and the usual vector stores. Names are compared without case and
 * `_`, so each stands for its snake case too.
 */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  truncateDim: [
    "truncateDimension",
    "dimensions",
    "dimension",
    "dims",
    "outputDimension",
    "outputDimensionality",
    "embeddingSize",
    "matryoshkaDim",
  ],
  dimension: ["dims", "vectorSize", "embeddingSize", "embeddingDimension"],
  normalize: ["normalizeEmbeddings", "normalizeL2"],
  truncation: ["truncate"],
  maxTokens: ["maxLength", "maxSeqLength", "modelMaxLength"],
  maxBatchTokens: ["maxTokensPerBatch"],
  batchSize: ["embedBatchSize", "encodeBatchSize"],
  cache: ["embeddingCache", "vectorCache"],
  model: [
    "modelName",
    "modelId",
    "modelType",
    "modelNameOrPath",
    "modelPath",
    "modelFolder",
    "repoId",
  ],
  embedder: ["embeddings", "embedding", "encoder"],
  dtype: ["quantized", "torchDtype", "weightsFormat"],
  modelFile: ["modelFileName", "fileName", "onnxFile", "onnxFileName"],
  device: ["deviceMap", "executionProvider"],
  threads: ["numThreads", "intraOpNumThreads"],
  worker: ["useWorker", "workerThread"],
  workers: [
    "numWorkers",
    "maxWorkers",
    "workerCount",
    "processes",
    "numProcesses",
    "parallelProcess",
    "pool",
    "poolSize",
    "numSessions",
    "sessions",
  ],
  pooling: ["poolingMode", "poolingType"],
  cacheDir: ["cacheFolder", "cacheDirectory", "cachePath"],
  localFilesOnly: ["offline", "localOnly", "allowRemoteModels"],
  token: ["hfToken", "accessToken", "authToken", "useAuthToken", "apiKey"],
  url: ["baseUrl", "serverUrl"],
  endpoint: ["hfEndpoint", "remoteHost", "baseUrl"],
  onDownloadProgress: ["onProgress", "progressCallback", "onLoadProgress"],
  promptName: ["task", "taskType", "inputType"],
  prompt: ["instruction", "prefix"],
  prompts: ["instructions"],
  queryPrompt: ["queryInstruction", "queryPrefix"],
  documentPrompt: [
    "embedInstruction",
    "textInstruction",
    "documentInstruction",
    "documentPrefix",
    "passagePrefix",
  ],
  onProgress: ["progressCallback", "onEncodeProgress", "showProgressBar"],
  signal: ["abortSignal"],
  text: ["pageContent", "content", "body"],
  vector: ["embedding", "values"],
  record: ["metadata", "payload", "document", "data"],
  k: ["topK", "limit", "nResults", "numResults", "similarityTopK"],
  similarityTopK: ["topK", "k", "limit"],
  fetchK: ["numCandidates", "mmrPrefetchK"],
  lambda: ["lambdaMult", "mmrThreshold", "diversity"],
  minScore: ["scoreThreshold", "similarityThreshold", "similarityCutoff", "threshold"],
  filter: ["filters", "where", "preFilter"],
  index: ["indexType", "indexFactory", "factory"],
  nprobe: ["probes"],
  efSearch: ["ef", "efRuntime"],
  persistDir: ["persistDirectory", "persistPath", "storageDir"],
  overwrite: ["force"],
};

/** What to say about options of neighbouring tools that have no counterpart here. */
const notes: readonly {
  readonly names: readonly string[];
  /** The note applies to calls with one of these options. */
  readonly among: readonly string[];
  readonly note: string;
}[] = [
  {
    names: [
      "metric",
      "metricType",
      "distance",
      "distanceMetric",
      "distanceStrategy",
      "similarity",
      "similarityFunction",
      "space",
    ],
    among: ["dimension", "scanBelow", "k"],
    note: "Scores are always cosines.",
  },
  {
    names: ["precision", "encodingFormat", "quantization", "outputDtype"],
    among: ["truncateDim"],
    note: "To quantize vectors, use quantizeEmbeddings.",
  },
  {
    names: ["similarity", "similarityFunction", "similarityFnName"],
    among: ["truncateDim"],
    note: "Compare vectors with similarity(a, b, similarityFunction).",
  },
  {
    names: ["allowDangerousDeserialization"],
    among: ["indexName"],
    note: "No code in the files is run, so it is not needed.",
  },
];

/**
 * The option that a name stands for: in another spelling, or as neighbouring tools call it.
 *
 * @param known - the options of the call in hand
 * @returns undefined if there is none
 */
export function knownAs(name: string, known: readonly string[]): string | undefined {
  const isSynonymOf = (option: string) =>
    Object.hasOwn(synonyms, option) && includes(synonyms[option]!, name);
  return known.find((option) => includes([option], name)) ?? known.find(isSynonymOf);
}

/** What to say about an option that the call in hand has no counterpart of, if anything. */
export function noteOn(name: string, known: readonly string[]): string | undefined {
  const applies = ({ names, among }: (typeof notes)[number]) =>
    includes(names, name) && among.some((option) => known.includes(option));
  return notes.find(applies)?.note;
}

function includes(names: readonly string[], name: string): boolean {
  return names.some((candidate) => flatName(candidate) === flatName(name));
}

/** A name without case, `_` and `-`: `top_k` and `topK` are the same. */
function flatName(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, "");
}
