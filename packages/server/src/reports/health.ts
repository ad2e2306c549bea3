import type { Embedder } from "@embeddinggemma/core";
import type { RequestReport } from "./request-report.ts";

/** Whether the embedder works. A failed request makes it doubtful, until a text is embedded. */
export class Health {
  readonly #embedder: Pick<Embedder, "encode">;
  #hasFailed = false;

  constructor(embedder: Pick<Embedder, "encode">) {
    this.#embedder = embedder;
  }

  /** Takes note of what came of a request. */
  record({ errorType, statistics }: RequestReport): void {
    if (errorType === "Backend") this.#hasFailed = true;
    else if (statistics) this.#hasFailed = false;
  }

  /** Costs nothing as long as requests succeed. */
  async check(): Promise<boolean> {
    if (!this.#hasFailed) return true;
    try {
      await this.#embedder.encode("health", { cache: null });
      this.#hasFailed = false;
      return true;
    } catch {
      return false;
    }
  }
}
