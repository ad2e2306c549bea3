import { serverProgram } from "@embeddinggemma/server";
import { CommandExit } from "../failures/command-exit.ts";
import { explainFailure } from "../failures/explain-failure.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { loadModel } from "../model/open-embedder.ts";

export interface ServeFlags extends Pick<ModelFlags, "model"> {}

/** Runs the program of `@embeddinggemma/server`. */
export async function serve(argv: readonly string[], { model }: ServeFlags): Promise<void> {
  const program = await serverProgram({
    name: "embeddinggemma serve",
    load: (name, options) => loadModel(name, options, model !== undefined),
    explain: (error) => {
      const { reason, advice, exitCode } = explainFailure(error);
      return { message: advice ? `${reason} ${advice}` : reason, exitCode };
    },
  });
  const code = await program.run(model === undefined ? argv : ["--model", model, ...argv]);
  if (code !== 0) throw new CommandExit(code);
}
