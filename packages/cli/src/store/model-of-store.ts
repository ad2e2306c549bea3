import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { defaultModel, type Embedder } from "@embeddinggemma/core";
import { defined } from "@embeddinggemma/internal";
import { localPath } from "@embeddinggemma/internal/node";
import type { Command } from "commander";
import { isGiven, type ModelFlags, modelVariable, tiny } from "../model/model-options.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import { makerOf } from "./maker-of-store.ts";
import { withoutLinks } from "./model-paths.ts";
import type { StoreSettings } from "./store-settings.ts";

/**
 * The flags of the model for a store: those that made it, with those of the command line. A model
 * or server on the command line takes the place of that of the store, as a copy of it: the adapter
 * of the store and the length of its vectors are for both. A model of the environment is not used,
 * and a note says so.
 *
 * @param command - says which flags were given
 * @param variable - the environment variable that can have the model
 */
export function modelFlagsFor(
  command: Command,
  flags: ModelFlags,
  settings: StoreSettings | undefined,
  terminal: Terminal,
  variable = modelVariable,
): ModelFlags {
  if (!settings) return flags;
  const { adapter, truncateDim, dtype } = settings.model;
  const given = Object.fromEntries(
    Object.entries(flags).filter(([name]) => isGiven(command, name)),
  );
  if (isGiven(command, "url")) return defined({ ...flags, adapter, truncateDim, ...given });
  const name = nameOfModel(settings.model);
  if (isGiven(command, "model") && nameOfModel(flags) !== name)
    return { ...flags, ...defined({ adapter, truncateDim, dtype }), ...given };
  if (flags.model !== undefined && nameOfModel(flags) !== name) {
    const advice = "To use another model, index your files in a new store.";
    note(terminal, `${variable} is ignored: the store was made with ${name}. ${advice}`);
  }
  // The key of the environment is not sent to a server that the store of somebody else may name.
  return { ...settings.model, ...given };
}

/** The flags that load the same model later, also from another folder and on another device. */
export function flagsToReload(flags: ModelFlags, embedder: Embedder): ModelFlags {
  const { url, model, adapter, truncateDim } = flags;
  const options = { adapter: adapter ? wherever(adapter) : undefined, truncateDim };
  if (url !== undefined) return defined({ url, model, ...options });
  const { commit = flags.revision } = makerOf(embedder.modelIdentity);
  return defined({
    model: wherever(model ?? defaultModel),
    revision: commit,
    dtype: embedder.dtype,
    ...options,
  });
}

/** Name of the model or server of flags, for messages and to compare. */
export function nameOfModel({ url, model = defaultModel }: ModelFlags): string {
  return url ?? wherever(model);
}

/** Whether flags choose the same model, with the same adapter and the same length of vectors. */
export function choosesSame(one: ModelFlags, other: ModelFlags): boolean {
  return isDeepStrictEqual(choiceOf(one), choiceOf(other));
}

function choiceOf({
  url,
  model = defaultModel,
  revision,
  dtype,
  adapter,
  truncateDim,
}: ModelFlags) {
  const options = { revision, dtype, adapter: adapter ? wherever(adapter) : adapter, truncateDim };
  return { url, model: url === undefined ? wherever(model) : model, ...options };
}

/** The absolute path of a folder, as a store keeps it; a name stays as it is. */
function wherever(name: string): string {
  if (name === tiny) return name;
  const found = localPath(name);
  return "path" in found && existsSync(found.path) ? withoutLinks(found.path) : name;
}
