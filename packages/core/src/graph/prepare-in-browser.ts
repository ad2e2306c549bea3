import type { ModelFolder } from "../files/model-folder.ts";
import { type GraphFile, type KeptGraph, parentOf } from "../runtime/graph-file.ts";

/** Version of what is kept here. Increase it with every change. */
const version = 1;

/** A larger graph has its weights inside. It is left as it is, since it would be kept twice. */
const maxGraphBytes = 2 ** 26;

/**
 * Makes the graph of `rewriteLookUps` once, and keeps it beside the model's own, where it has the
 * same data files. All other weights stay in 8 bits, and ONNX Runtime converts them when it loads
 * the model: there is no file that it could map into memory.
 *
 * @returns null if there is nothing to gain, or nowhere to keep it
 */
export async function prepareInBrowser(
  folder: Pick<ModelFolder, "path" | "open" | "derive">,
  { path }: GraphFile,
): Promise<KeptGraph | null> {
  const source = await folder.open(path);
  if (!source) return null;
  try {
    if (source.size > maxGraphBytes) return null;
    const { bytes, file } = await folder.derive(path, {
      name: path.slice(parentOf(path).length).replace(/^\/|\.onnx$/g, ""),
      extension: ".onnx",
      version,
      /** No bytes say that there is nothing to gain. */
      async make() {
        const { rewriteLookUps } = await import("./rewrite-look-ups.ts");
        return new Uint8Array(rewriteLookUps(await source.read(0, source.size)) ?? []);
      },
      isIntact: () => true,
    });
    if (!file || bytes.length === 0) return null;
    const { name, discard } = file;
    return { folder: folder.path, file: { path: name, dtype: "fp32" }, discard };
  } finally {
    await source.close();
  }
}
