import { expect, test } from "vitest";
import type { ModelFolder } from "../files/model-folder.ts";
import { graphFileOfDtype } from "../runtime/graph-file.ts";
import { prepareToRun, type RunSettings } from "./prepare-to-run.ts";

test("on the processor, threads do not spin and no arena is kept", async () => {
  expect(await optionsFor({ threads: 3 })).toEqual({
    intraOpNumThreads: 3,
    enableCpuMemArena: false,
    extra: { session: { "intra_op.allow_spinning": "0" } },
  });
});

test("options of the caller take precedence", async () => {
  const session = { "intra_op.allow_spinning": "1", disable_prepacking: "1" };
  const options = await optionsFor({
    sessionOptions: { enableCpuMemArena: true, extra: { session, run: {} } },
  });
  expect(options).toEqual({ enableCpuMemArena: true, extra: { session, run: {} } });
});

/** ONNX Runtime joins names of objects with dots, and the last entry of a name counts. */
test("an entry of the caller in an object of its own comes after the default", async () => {
  const session = { intra_op: { allow_spinning: "1" } };
  const options = await optionsFor({ sessionOptions: { extra: { session } } });
  expect(JSON.stringify(options.extra)).toBe(
    '{"session":{"intra_op.allow_spinning":"0","intra_op":{"allow_spinning":"1"}}}',
  );
});

test("other devices get the options of the caller alone", async () => {
  const sessionOptions = { enableProfiling: false };
  expect(await optionsFor({ device: "cuda", sessionOptions })).toEqual(sessionOptions);
});

async function optionsFor(settings: RunSettings): Promise<Record<string, unknown>> {
  const graph = { operators: new Set(["ai.onnx:MatMul"]), dataFiles: [], inputs: [], outputs: [] };
  const { sessionOptions } = await prepareToRun(
    {} as ModelFolder,
    graphFileOfDtype("fp32"),
    graph,
    settings,
  );
  return sessionOptions;
}
