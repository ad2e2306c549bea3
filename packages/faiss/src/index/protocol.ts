/** What the engine process is asked to do. `index` is a handle that the caller chose. */
export type Request = { id: number } & Command;

export interface IndexSpecification {
  dimension: number;
  factory: string;
  /** Of an `IVF…` index alone. */
  nprobe: number | undefined;
  /** Of an `HNSW…` index alone. */
  efSearch: number | undefined;
}

export type Command =
  | ({ operation: "create"; index: number } & IndexSpecification)
  | { operation: "sample"; index: number; vectors: Float32Array }
  | { operation: "train"; index: number }
  | { operation: "add"; index: number; vectors: Float32Array }
  | { operation: "search"; index: number; queries: Float32Array; count: number }
  | { operation: "write"; index: number; path: string }
  | ({ operation: "read"; index: number; path: string } & IndexSpecification)
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
