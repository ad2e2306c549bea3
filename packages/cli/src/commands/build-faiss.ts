import { Command } from "commander";
import type { BuildFaissFlags } from "../build-faiss/build-faiss.ts";
import { path } from "../parse-path.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `embeddinggemma build-faiss [folder]` */
export function buildFaissCommand(terminal: Terminal): Command {
  return new Command("build-faiss")
    .summary("make faiss-node work")
    .description(
      "Makes the native addon of faiss-node work, if its install script did not: downloads the " +
        "binary of its release or, if that fails, compiles it against the FAISS of your system.",
    )
    .argument("[folder]", "the application that has faiss-node in its node_modules", path, ".")
    .option("--no-download", "compile, without trying to download the binary")
    .option("--force", "make the addon again, even if it works")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  npm install --ignore-scripts faiss-node && npx embeddinggemma build-faiss\n" +
        "  embeddinggemma build-faiss --force --no-download",
    )
    .action(async (folder: string, flags: BuildFaissFlags) => {
      const { buildFaiss } = await import("../build-faiss/build-faiss.ts");
      await buildFaiss(folder, flags, terminal);
    });
}
