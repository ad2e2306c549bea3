import { join } from "node:path";
import { expandUser, lacksHome } from "@embeddinggemma/internal/node";
import { EmbeddingGemmaError, show } from "../../errors.ts";
import type { HubOptions } from "../model-folder.ts";
import { readIfExists } from "../read-files.ts";
import { expandVariables } from "./expand-variables.ts";

/**
 * Settings of the Hub. An option comes first; the fallbacks are the environment variables and files
 * of Python's `huggingface_hub`.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */

/** @throws `INVALID_ARGUMENT` if it is in the home folder, and there is none */
export function cacheFolder({ cacheDir }: HubOptions): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE } = process.env;
  const folder =
    cacheDir === undefined
      ? expand(HF_HUB_CACHE ?? HUGGINGFACE_HUB_CACHE ?? join(hubHome(), "hub"))
      : expandUser(cacheDir);
  if (!lacksHome(folder)) return folder;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `Files of the Hub would be kept in ${folder}, but this user has no home folder: ` +
      "HOME is not set, and the system names none. Set the option `cacheDir`, or the " +
      "environment variable HF_HUB_CACHE, HF_HOME or HOME, to a folder that can be written.",
    { cacheDir: folder },
  );
}

/**
 * Folder for files that are computed from models in local folders: this package's place in the
 * folder that `huggingface_hub` gives to libraries (`cached_assets_path`). Null without a home.
 */
export function assetsFolder(): string | null {
  const { HF_ASSETS_CACHE, HUGGINGFACE_ASSETS_CACHE } = process.env;
  const assets = HF_ASSETS_CACHE || HUGGINGFACE_ASSETS_CACHE || join(hubHome(), "assets");
  const folder = join(expand(assets), "embeddinggemma");
  return lacksHome(folder) ? null : folder;
}

export function isOffline({ localFilesOnly }: HubOptions): boolean {
  const { HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE } = process.env;
  return localFilesOnly ?? isTrue(HF_HUB_OFFLINE || TRANSFORMERS_OFFLINE);
}

/**
 * URL of the Hub or of a mirror, without a slash at the end.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function hubAddress(options: HubOptions): string {
  const endpoint = options.endpoint || process.env.HF_ENDPOINT || "https://huggingface.co";
  if (/^https?:\/\//.test(endpoint) && URL.canParse(endpoint)) return endpoint.replace(/\/+$/, "");
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    "endpoint, or the environment variable HF_ENDPOINT, must be the URL of a Hub, " +
      `such as "https://huggingface.co"; ${show(endpoint)} was given.`,
    { endpoint },
  );
}

/**
 * The option `token`, else `HF_TOKEN`, else the token that `hf auth login` has saved; undefined if
 * there is none.
 */
export async function accessToken({ token }: HubOptions): Promise<string | undefined> {
  const found = token ?? (await implicitToken());
  // A token from a file often ends in a line break, which a header cannot contain.
  return found?.trim() || undefined;
}

async function implicitToken(): Promise<string | null> {
  const { HF_HUB_DISABLE_IMPLICIT_TOKEN, HF_TOKEN, HUGGING_FACE_HUB_TOKEN } = process.env;
  if (isTrue(HF_HUB_DISABLE_IMPLICIT_TOKEN)) return null;
  const token = HF_TOKEN || HUGGING_FACE_HUB_TOKEN;
  if (token?.trim()) return token;
  const path = tokenFile();
  if (lacksHome(path)) return null;
  // A file without read permission counts as missing, such as one of another user.
  return readIfExists(path).catch(() => null);
}

/** File with the token that `hf auth login` has saved. */
export function tokenFile(): string {
  return expand(process.env.HF_TOKEN_PATH ?? join(hubHome(), "token"));
}

function hubHome(): string {
  const { HF_HOME, XDG_CACHE_HOME } = process.env;
  return expand(HF_HOME ?? join(XDG_CACHE_HOME ?? join("~", ".cache"), "huggingface"));
}

/** Environment files and Docker leave `~` and variables as they are. */
function expand(path: string): string {
  return expandVariables(expandUser(path));
}

function isTrue(variable: string | undefined): boolean {
  return ["1", "true", "yes", "on"].includes((variable ?? "").toLowerCase());
}
