/** A message to the FAISS process. */
export type Request = { id: number } & Command;

export interface IndexSpecification {
  dimension: number;
  factory: string;
  /** Only for an `IVF…` index. */
  nprobe: number | undefined;
  /** Only for an `HNSW…` index. */
  efSearch: number | undefined;
}

/** What the FAISS process can do. `index` is a handle, a number that the caller chooses. */
export type Command =
  /** Answered once the addon is loaded. */
  | { operation: "start" }
  | ({ operation: "create"; index: number } & IndexSpecification)
  | { operation: "sample"; index: number; vectors: Float32Array }
  | { operation: "train"; index: number }
  | { operation: "add"; index: number; vectors: Float32Array }
  | { operation: "search"; index: number; queries: Float32Array; count: number }
  | { operation: "write"; index: number; path: string }
  /** `rows` is the number of vectors that the file should contain. */
  | ({ operation: "read"; index: number; path: string; rows: number } & IndexSpecification)
  | { operation: "free"; index: number };

/** For each query in turn, `count` rows and scores. If there are fewer rows, the others are -1. */
export interface SearchReply {
  rows: Int32Array;
  scores: Float32Array;
}

export interface ReadReply {
  rows: number;
  dimension: number;
}
