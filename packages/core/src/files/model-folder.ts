/**
 * A model repository, in a folder of this machine; files of the Hub come into the folder when they
 * are asked for.
 */
export interface ModelFolder {
  readonly path: string;
  /** Commit of the repository, or null for a folder that is not from the Hub. */
  readonly commit: string | null;
  /** Whether a file that is missing here may exist in the repository, which is not asked. */
  readonly offline: boolean;
  /** Text of a small file, or null where the repository has none of that name. */
  read(name: string): Promise<string | null>;
  /** Makes sure that a file is in the folder; false where the repository has none of that name. */
  provide(name: string): Promise<boolean>;
  /**
   * Fetches a file anew that seems to be damaged; false where that cannot be done, or the file is
   * certainly intact.
   */
  refetch(name: string): Promise<boolean>;
  /** Names of the files under a folder of the repository that are on this machine. */
  list(folder: string): Promise<string[]>;
  /**
   * Digest of a file that is in the folder, for the identity of the model; null where it is not
   * there.
   */
  digest(name: string): Promise<string | null>;
}

/** Bytes of one file that is being downloaded. */
export interface DownloadProgress {
  /** Path in the repository, such as `onnx/model_quantized.onnx`. */
  readonly file: string;
  /** Bytes received. */
  readonly loaded: number;
  /** Bytes of the whole file; null where the server does not tell. */
  readonly total: number | null;
}

/**
 * How repositories of the Hugging Face Hub are reached and kept. A connection on which nothing
 * comes for 10 seconds, or in Node those of the environment variable `HF_HUB_DOWNLOAD_TIMEOUT`,
 * counts as broken.
 */
export interface HubOptions {
  /** Branch, tag or commit. @default "main" */
  revision?: string;
  /**
   * Access token for gated or private models.
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
   * Folder of the Hub's cache, laid out as Python's `huggingface_hub` does and shared with it. Not
   * for browsers.
   * @default `HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`
   */
  cacheDir?: string;
  /**
   * Use only what is in the cache.
   *
   * @default whether the environment variable `HF_HUB_OFFLINE` is `1`
   */
  localFilesOnly?: boolean;
  /**
   * Called for every chunk of a file that is downloaded. An error that it throws rejects this load,
   * and no other load that waits for the same files.
   */
  onDownloadProgress?: (progress: DownloadProgress) => void;
  /** Stops loading. */
  signal?: AbortSignal;
}
