/** A model repository in a local folder or cache. Files of the Hub are downloaded on demand. */
export interface ModelFolder {
  readonly path: string;
  /** Commit of the repository, or null for a folder that is not from the Hub. */
  readonly commit: string | null;
  /** Whether a file that is missing here may exist in the repository, which cannot be asked. */
  readonly offline: boolean;
  /**
   * Text of a small file, or null if the repository does not have it.
   *
   * @param confirmMissing - for a file without which vectors would be wrong: look it up in the
   * repository's file list before returning null. If the list cannot be read, as when offline or
   * on a mirror without the Hub's API, the result is still null.
   * @throws `DOWNLOAD_FAILED`
   */
  read(name: string, confirmMissing?: boolean): Promise<string | null>;
  /**
   * Makes sure that a file is in the folder. Resolves to false if the repository does not have it.
   *
   * @throws `DOWNLOAD_FAILED`
   */
  provide(name: string): Promise<boolean>;
  /**
   * Downloads a file again that may be damaged. Resolves to false if that is not possible, or if
   * the file is known to be intact.
   *
   * @throws `DOWNLOAD_FAILED`
   */
  refetch(name: string): Promise<boolean>;
  /** Names of the local files in a folder of the repository. */
  list(folder: string): Promise<string[]>;
  /** Digest of a local file for the identity of the model; null if the file is not there. */
  digest(name: string): Promise<string | null>;
}

/** Progress of one file that is being downloaded. */
export interface DownloadProgress {
  /** Path in the repository, such as `onnx/model_quantized.onnx`. */
  readonly file: string;
  /** Bytes received. */
  readonly loaded: number;
  /** Bytes of the whole file; null if the server does not tell. */
  readonly total: number | null;
}

/**
 * How to reach the Hugging Face Hub and where to keep its files. A connection that delivers nothing
 * for 10 seconds counts as broken; in Node, the environment variable `HF_HUB_DOWNLOAD_TIMEOUT` sets
 * another number of seconds.
 */
export interface HubOptions {
  /** Branch, tag or commit. @default "main" */
  revision?: string;
  /**
   * Access token for gated or private models.
   *
   * @default the environment variable `HF_TOKEN`, else the token that `hf auth login` has saved;
   * none in a browser
   */
  token?: string;
  /**
   * Address of the Hub or of a mirror.
   *
   * @default the environment variable `HF_ENDPOINT`, else `https://huggingface.co`
   */
  endpoint?: string;
  /**
   * Folder of the Hub's cache, shared with Python's `huggingface_hub`. Not for browsers.
   *
   * @default `HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`
   */
  cacheDir?: string;
  /**
   * Use only files in the cache.
   *
   * @default true if the environment variable `HF_HUB_OFFLINE` is `1`
   */
  localFilesOnly?: boolean;
  /**
   * Called for every chunk of a file that is downloaded. An error that it throws rejects this load,
   * and no other load that waits for the same files.
   */
  onDownloadProgress?: (progress: DownloadProgress) => void;
  /** Stops the load; it rejects with the signal's reason. */
  signal?: AbortSignal;
}
