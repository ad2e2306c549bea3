import type { Embedder, LoadOptions } from "@embeddinggemma/core";

/** Options of {@link serverProgram}. */
export interface ServerProgramOptions {
  /** What the program is called in its help and messages. @default "embeddinggemma-server" */
  name?: string | undefined;
  /** How the model is loaded. @default Embedder.load */
  load?: ((model: string, options: LoadOptions) => Promise<Embedder>) | undefined;
  /**
   * What to log of an error with which the server cannot run, and the exit code.
   *
   * @default the message of an error of these packages, the stack of any other one, and 1
   */
  explain?:
    | ((error: unknown) => { readonly message: string; readonly exitCode: number })
    | undefined;
}
