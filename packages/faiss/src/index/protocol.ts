/** What the FAISS process is asked to do. `index` is a handle that the caller chose. */
export type Request = { id: number } & Command;

export interface IndexSpecification {
  dimension: number;
  factory: string;
  /** Only for an `IVF…` index. */
  nprobe: number | undefined;
  /** Only for an `HNSW…` index. */
  efSearch: number | undefined;
}

export type Command =
  | ({ operation: "create"; index: number } & IndexSpecification)
  | { operation: "sample"; index: number; vectors: Float32Array }
  | { operation: "train"; index: number }
  | { operation: "add"; index: number; vectors: Float32Array }
  | { operation: "search"; index: number; queries: Float32Array; count: number }
  | { operation: "write"; index: number; path: string }
  /** `rows` is how many vectors the file should hold. */
  | ({ operation: "read"; index: number; path: string; rows: number } & IndexSpecification)
  | { operation: "free"; index: number };

export interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

/** `count` rows and scores a query, one query after the other; row -1 where there is none. */
export interface SearchReply {
  rows: Int32Array;
  scores: Float32Array;
}

export interface ReadReply {
  rows: number;
  dimension: number;
}
