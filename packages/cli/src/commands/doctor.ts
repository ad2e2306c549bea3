import { Command } from "commander";
import type { DoctorFlags } from "../doctor/run-doctor.ts";
import { addModelOptions, isModelGiven } from "../model/model-options.ts";
import { path } from "../parse-path.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** `embeddinggemma doctor [folder]` */
export function doctorCommand(terminal: Terminal): Command {
  const command = new Command("doctor")
    .summary("check this machine and the application")
    .description(
      "Checks what embedding and searching need: Node.js, packages, ONNX Runtime, faiss-node, " +
        "GPU, the Hub, the cache and a model. Says what to do about problems. Downloads nothing, " +
        "unless --model names what must be downloaded.",
    )
    .argument("[folder]", "the application", path, ".")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nMarks: ✔ fine, ! works, but could be better, ✖ problem, – not tried. " +
        "The exit code is 1 if there is a problem.\n" +
        "\nExamples:\n" +
        "  embeddinggemma doctor\n" +
        "  embeddinggemma doctor ../my-application --model onnx-community/embeddinggemma-300m-ONNX",
    );
  return addModelOptions(command).action(async (folder: string, flags: DoctorFlags) => {
    const { runDoctor } = await import("../doctor/run-doctor.ts");
    await runDoctor(folder, flags, isModelGiven(command), terminal);
  });
}
