/** A model in a local folder, or in a cache to which its files are downloaded on demand. */
export interface ModelFolder {
  readonly path: string;
  /** Commit of the repository, or null for a folder that is not from the Hub. */
  readonly commit: string | null;
  /**
   * Folder for files that are computed from the model's files, see `derived-files.ts`; null if
   * there is none.
   */
  readonly derived: string | null;
  /** Whether nothing can be downloaded, so that a file missing here may exist in the repository. */
  readonly offline: boolean;
  /**
   * Text of a small file, or null if the repository does not have it.
   *
   * @param confirmMissing - look the file up in the repository's file list before returning null,
   * since without it vectors would be wrong. If the list cannot be read (offline, or on a mirror
   * without the Hub's API), the result is still null.
   * @throws `DOWNLOAD_FAILED`
   */
  read(name: string, confirmMissing?: boolean): Promise<string | null>;
  /**
   * Downloads a file unless it is in the folder. Resolves to false if the repository does not have
   * it.
   *
   * @param confirmMissing - look the file up in the repository's file list before resolving to
   * false, as {@link ModelFolder.read} does
   * @throws `DOWNLOAD_FAILED`
   */
  provide(name: string, confirmMissing?: boolean): Promise<boolean>;
  /** Why a file counts as missing, as a sentence for its error, if there is more to say. */
  whyMissing?(name: string): string | undefined;
  /**
   * Whether a file that is not here may exist in the repository, since it cannot be asked now and
   * has not said that it lacks the file.
   */
  mayHave(name: string): Promise<boolean>;
  /**
   * Downloads a file again because it may be damaged. Resolves to false if that is not possible, or
   * if the file is known to be intact.
   *
   * @throws `DOWNLOAD_FAILED`
   */
  refetch(name: string): Promise<boolean>;
  /**
   * Names of the model's files, for error messages: those of the repository's file list if it can
   * be read, else those that are here. Folders within folders are left out.
   */
  list(): Promise<readonly string[]>;
  /** Digest of a local file, for the identity of the model; null if the file does not exist. */
  digest(name: string): Promise<string | null>;
  /**
   * Bytes that are computed from a file of the model, and kept for the next process or page load if
   * possible.
   *
   * @param source - name of the file
   */
  derive(source: string, methods: DerivedBytesMethods): Promise<DerivedBytes>;
  /** Opens a local file; null if it does not exist. The caller closes it. */
  open(name: string): Promise<RandomAccessFile | null>;
}

/** Bytes that are computed from a file of a model. */
export interface DerivedBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The file in the model's folder that contains them; null if they are kept elsewhere, or not. */
  readonly file: { readonly name: string; discard(): Promise<void> } | null;
}

/** How bytes are computed from a file of a model. */
export interface DerivedBytesMethods {
  /** What they are, for the name of the file in which they are kept. */
  readonly name: string;
  /** Of the name of the file in which they are kept. @default ".bin" */
  readonly extension?: string;
  /** Version of their format. Increase it with every change of what `make` returns. */
  readonly version: number;
  make(): Promise<Uint8Array<ArrayBuffer>>;
  /** Whether bytes that were kept are not damaged, as far as they tell. */
  isIntact(bytes: Uint8Array<ArrayBuffer>): boolean;
}

/** A file that is read in parts, since it may not fit into memory. */
export interface RandomAccessFile {
  readonly size: number;
  /** Reads these bytes, or fewer at the end of the file. */
  read(start: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Progress of the download of one file. */
export interface DownloadProgress {
  /** Path in the repository, such as `onnx/model_quantized.onnx`. */
  readonly file: string;
  /** Bytes received so far. */
  readonly loaded: number;
  /** Size of the file in bytes; null if the server does not send it. */
  readonly total: number | null;
}

/**
 * How to reach the Hugging Face Hub and where to cache its files. This has no effect on a model in
 * a folder, except for `revision`, which is refused. A connection without data for 10
 * seconds counts as broken; in Node, you can set another number of seconds with the environment
 * variable `HF_HUB_DOWNLOAD_TIMEOUT`.
 */
export interface HubOptions {
  /** Branch, tag or commit. @default "main" */
  revision?: string | undefined;
  /**
   * Access token for gated or private models.
   *
   * @default the environment variable `HF_TOKEN`, else the token saved by `hf auth login`; none in
   * a browser
   */
  token?: string | undefined;
  /**
   * URL of the Hub or of a mirror.
   *
   * @default the environment variable `HF_ENDPOINT`, else `https://huggingface.co`
   */
  endpoint?: string | undefined;
  /**
   * Folder of the Hub's cache, shared with Python's `huggingface_hub`. Has no effect in browsers.
   *
   * @default `HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`
   */
  cacheDir?: string | undefined;
  /**
   * Use only files in the cache, and download nothing.
   *
   * @default true if the environment variable `HF_HUB_OFFLINE` is `1`
   */
  localFilesOnly?: boolean | undefined;
  /**
   * Called for every chunk of a download. If it throws, this load rejects with that error; other
   * loads that wait for the same files continue.
   */
  onDownloadProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Aborts the load, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}
