import { openModelFolder } from "#platform";
import type { HubOptions } from "../files/model-folder.ts";
import { lookUpModel } from "../model/families.ts";
import { modelFiles } from "../model/json-file.ts";
import { readModules } from "../model/modules.ts";
import { provideTokenizer } from "../model/provide-files.ts";
import { readTextSettings } from "../model/text-settings.ts";
import type { Backend } from "../runtime/backend.ts";
import { loadTokenizer } from "../runtime/load-tokenizer.ts";
import { tokenizeWith, tokensWith } from "../runtime/with-tokenizer.ts";

/** The tokenizer of a model that runs elsewhere. */
export interface RemoteTokenizer
  extends Pick<Backend, "tokenizer" | "specialTokens" | "tokenize" | "tokens"> {
  /** Maximum length of an input, if the model's files say it. */
  readonly maxTokens: number | undefined;
}

/**
 * Loads only the tokenizer of a model.
 *
 * @throws `MODEL_NOT_FOUND`, `MODEL_FILE_MISSING`, `MODEL_FILE_INVALID`, `DOWNLOAD_FAILED`,
 * `LOAD_FAILED`
 */
export async function loadRemoteTokenizer(
  model: string,
  options: HubOptions,
): Promise<RemoteTokenizer> {
  const folder = await openModelFolder(model, options);
  await provideTokenizer(model, folder);
  const files = modelFiles(model, (...file) => folder.read(...file));
  const config = await files.readObject("config.json");
  const modules = config && (await readModules(files));
  const family = config && lookUpModel(model, config.fields).base;
  const settings = config && (await readTextSettings(files, config, modules, family));
  const loaded = await loadTokenizer(folder, { lowerCase: settings?.lowerCase });
  return {
    tokenizer: loaded.tokenizer,
    specialTokens: loaded.specialTokens,
    tokenize: tokenizeWith(loaded),
    tokens: tokensWith(loaded),
    maxTokens: Number.isFinite(settings?.maxTokens) ? settings?.maxTokens : undefined,
  };
}
