import { join } from "node:path";
import { indexSettingsName } from "@embeddinggemma/internal";
import type { Command } from "commander";
import { CommandError } from "../failures/command-error.ts";
import { isGiven, isModelGiven, type ModelFlags, tiny } from "../model/model-options.ts";
import {
  advice,
  type DocumentStore,
  differentLengths,
  differentModels,
  differentVectors,
} from "./check-embedder.ts";
import { sourceOf } from "./chunk-id.ts";
import { makerOf } from "./maker-of-store.ts";
import { nameOfModel } from "./model-of-store.ts";
import type { StoreSettings } from "./store-settings.ts";

/** What is known before a model is loaded, which can be a large download. */
interface Choice {
  /** The folder of the store as the user has written it. */
  readonly name: string;
  readonly settings: StoreSettings | undefined;
  /** The flags of the model to load. */
  readonly flags: ModelFlags;
  /** Says which flags were given. */
  readonly command: Command;
}

/**
 * Refuses a model that cannot have made the vectors of a store, as far as its name and its flags
 * tell.
 *
 * @throws CommandError that says what differs
 */
export function checkFlags(store: DocumentStore, choice: Choice): void {
  const { name, settings, flags, command } = choice;
  if (!settings && isModelGiven(command)) return;
  const reason = settings
    ? whyOther(store, settings.model, flags, command)
    : whyUnknown(store, name, nameOfModel(flags));
  if (reason !== undefined)
    throw new CommandError(settings ? `${reason}\n\n${advice(store, settings, flags)}` : reason);
}

function whyOther(
  { dimension }: DocumentStore,
  stored: ModelFlags,
  flags: ModelFlags,
  command: Command,
): string | undefined {
  const [one, other] = [nameOfModel(stored), nameOfModel(flags)];
  if (isName(one) && isName(other) && one.toLowerCase() !== other.toLowerCase())
    return differentModels(one, other);
  const { dtype, truncateDim } = flags;
  const hasDtypes = stored.dtype !== undefined && flags.url === undefined;
  if (hasDtypes && isGiven(command, "dtype") && dtype !== "auto" && dtype !== stored.dtype)
    return differentVectors([{ name: "dtype", stored: stored.dtype, given: dtype }]);
  if (isGiven(command, "truncateDim") && truncateDim !== dimension)
    return differentLengths(dimension, truncateDim);
  return undefined;
}

/** Whether it names one model. A folder can have a copy of any. */
function isName(model: string): boolean {
  return model === tiny || /^[\w.-]+\/[\w.-]+$/.test(model);
}

/** Why a store without settings cannot be used with a model that nobody has named for it. */
function whyUnknown(store: DocumentStore, name: string, model: string): string | undefined {
  const [id] = store.ids();
  if (id !== undefined && sourceOf(id) !== undefined)
    return (
      `${join(name, indexSettingsName)} is missing, which names the model and the files. ` +
      "Restore it, or delete the folder and index again."
    );
  const { source: maker, name: madeBy } = makerOf(store.identity);
  if (maker === undefined || madeBy === model) return undefined;
  return (
    `${name} was made by another program, with the model ${maker}. ` +
    "Add --model with its name or its folder."
  );
}
