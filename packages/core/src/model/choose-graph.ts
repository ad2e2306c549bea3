import { isInBrowser } from "#platform";
import type { ModelFolder } from "../files/model-folder.ts";
import type { Dtype } from "../runtime/dtype.ts";
import {
  type GraphFile,
  type GraphFileOptions,
  graphFileOfDtype,
  namedGraphFile,
} from "../runtime/graph-file.ts";
import { type DeviceOptions, faultOf, firstDeviceOf } from "./dtype-rules.ts";
import type { DtypeRules } from "./model-family.ts";
import { autoDtypes, resolveDtype } from "./resolve-dtype.ts";

/**
 * The ONNX file that `dtype: "auto"` takes: the best for the device that the model has. If the best
 * is there, nothing else is asked for.
 *
 * A file that is not in the cache while offline may exist in the repository, so no other is taken:
 * what is loaded does not depend on whether there is a network.
 *
 * @returns the best file of all if the model has none
 * @throws `DOWNLOAD_FAILED`
 */
export async function chooseGraph(
  folder: Pick<ModelFolder, "provide" | "mayHave" | "list">,
  options: GraphFileOptions & DeviceOptions,
  rules: DtypeRules | null | undefined,
): Promise<GraphFile> {
  const { subfolder } = options;
  const device = firstDeviceOf(options);
  const fileOf = (dtype: Dtype) => graphFileOfDtype(dtype, subfolder);
  const candidates = [...autoDtypes].filter((dtype) => !faultOf(dtype, options, rules));
  const available = new Set(candidates);
  const best = () => resolveDtype({ isInBrowser, device, available }).dtype;
  const isThere = async ({ path }: GraphFile) =>
    (await folder.provide(path, true)) || folder.mayHave(path);
  const preferred = fileOf(best());
  if (await isThere(preferred)) return preferred;
  available.delete(preferred.dtype);
  const names = await folder.list();
  // Servers that are no Hub list nothing, so each file is asked for.
  for (const dtype of names.length > 0 ? candidates : []) {
    if (!names.includes(fileOf(dtype).path)) available.delete(dtype);
  }
  while (available.size > 0) {
    const file = fileOf(best());
    if (!available.has(file.dtype)) break;
    if (await isThere(file)) return file;
    available.delete(file.dtype);
  }
  return preferred;
}

/**
 * Why `dtype: "auto"` took a dtype; null if the options name a dtype or a file.
 *
 * @param dtype - what was loaded
 */
export function dtypeReasonOf(
  options: GraphFileOptions & DeviceOptions,
  dtype: Dtype,
): string | null {
  if (namedGraphFile(options)) return null;
  const device = firstDeviceOf(options);
  return resolveDtype({ isInBrowser, device, available: new Set([dtype]) }).reason;
}
