/** Figures of one system on one data set. */
export interface RetrievalResult {
  /** What sets this result apart from the others of the report, such as `q4, 256 dimensions`. */
  readonly name: string;
  /** Name of the system. */
  readonly system: string;
  /** Name of the prompts, if the option `prompts` was given. */
  readonly prompt?: string | undefined;
  /** Number of dimensions that were compared, for an embedder. */
  readonly dimension?: number | undefined;
  /**
   * Means over all queries, from 0 to 1, with the names of Sentence Transformers:
   * `cosine_ndcg@10`, after the similarity function of the model. A retriever has none:
   * `ndcg@10`.
   */
  readonly metrics: Readonly<Record<string, number>>;
  /** The metrics of each query, by its id. The names are without similarity: `ndcg@10`. */
  readonly perQuery: ReadonlyMap<string, Readonly<Record<string, number>>>;
  /**
   * For each query, by its id, the ids of the documents that were found, best first, with their
   * scores. Where a retriever gives no scores, it is 1 / rank.
   */
  readonly rankings: ReadonlyMap<string, readonly (readonly [id: string, score: number])[]>;
}

/** What `evaluateRetrieval` found out. Printed as text, it is a table in Markdown. */
export class RetrievalReport {
  /** One for each system, prompt and dimension. */
  readonly results: readonly RetrievalResult[];
  /** Ids of queries that were left out, because they have no relevant document. */
  readonly skipped: readonly string[];

  constructor(results: readonly RetrievalResult[], skipped: readonly string[]) {
    this.results = results;
    this.skipped = skipped;
  }

  /**
   * A table in Markdown with the NDCG, MRR, MAP and recall of each result. All figures are in
   * `results`.
   */
  toString(): string {
    const has = (field: "prompt" | "dimension") =>
      this.results.some((result) => result[field] !== undefined);
    const metrics = shownMetrics(this.results);
    const header = [
      "system",
      ...(has("prompt") ? ["prompt"] : []),
      ...(has("dimension") ? ["dimensions"] : []),
      ...metrics,
    ];
    const rows = this.results.map((result) => [
      result.system,
      ...(has("prompt") ? [result.prompt ?? ""] : []),
      ...(has("dimension") ? [String(result.dimension ?? "")] : []),
      ...metrics.map((name) => plainMetrics(result)[name]?.toFixed(4) ?? ""),
    ]);
    const texts = 1 + (has("prompt") ? 1 : 0);
    const table = markdownTable(header, rows, texts);
    const { length } = this.skipped;
    if (length === 0) return table;
    const left = length === 1 ? "1 query is" : `${length} queries are`;
    return `${table}\n\n${left} left out: no relevant documents.`;
  }
}

/** The metrics of a result, without the name of the data and that of the similarity. */
function plainMetrics(result: RetrievalResult): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(result.metrics).map(([key, value]) => [key.match(/[a-z]+@\d+$/)![0], value]),
  );
}

const shown = ["ndcg", "mrr", "map", "recall"];

function shownMetrics(results: readonly RetrievalResult[]): string[] {
  const names = new Set(results.flatMap((result) => Object.keys(plainMetrics(result))));
  const chosen = shown.flatMap((metric) =>
    Array.from(names).filter((name) => name.startsWith(`${metric}@`)),
  );
  return chosen.length > 0 ? chosen : Array.from(names);
}

/** @param texts - how many of the first columns are texts; numbers stand on the right */
function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  texts: number,
): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]!.length), 3));
  const rule = widths.map((width, column) =>
    column < texts ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  const lines = cells.map((row) =>
    row.map((cell, column) =>
      column < texts ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    ),
  );
  return [lines[0]!, rule, ...lines.slice(1)].map((line) => `| ${line.join(" | ")} |`).join("\n");
}
