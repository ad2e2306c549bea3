export { ChangeQueue } from "./change-queue.ts";
export {
  awaitHint,
  type Checker,
  checkerFor,
  isObject,
  isRecord,
  nearestOption,
  oneOf,
  type Rule,
  type Rules,
  rules,
} from "./check-options.ts";
export { clonePlain, defineProperty } from "./clone-plain.ts";
export { createWith } from "./create-with.ts";
export { defined } from "./defined.ts";
export { escapeControls } from "./escape-controls.ts";
export { isUrl } from "./is-url.ts";
export { hasMergeConflict } from "./merge-conflict.ts";
export { nextTurn } from "./next-turn.ts";
export { explainElsewhere } from "./option-elsewhere.ts";
export { Pacer } from "./pacer.ts";
export { isProcessAlive } from "./process-alive.ts";
export { readSafetensors, type Tensor, writeSafetensors } from "./safetensors.ts";
export { SharedPromise } from "./shared-promise.ts";
export { isError, reasonOf, sentenceOf, show } from "./show.ts";
export { stableJson } from "./stable-json.ts";
export {
  indexSettingsName,
  isDataFile,
  isUnfinishedManifest,
  manifestName,
} from "./store-files.ts";
export { isDate, isSameValue, timeOf } from "./time-of.ts";
export { defaultTitleKey, withTitleKey } from "./title-key.ts";
export { toNumbers } from "./to-numbers.ts";
export { untilAborted } from "./until-aborted.ts";
export { valueAt } from "./value-at.ts";
export { elementKindsOf, kindsOf, type ValueKind } from "./value-kinds.ts";
export { windowsOf } from "./windows-of.ts";
export { withFlags } from "./with-flags.ts";
