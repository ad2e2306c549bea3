import { homedir } from "node:os";
import { join } from "node:path";
import { EmbeddingGemmaError, show } from "../../errors.ts";
import type { HubOptions } from "../model-folder.ts";
import { readIfExists } from "../read-files.ts";

/**
 * Settings of the Hub. An option comes first; the fallbacks are the environment variables and files
 * of Python's `huggingface_hub`.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */

export function cacheFolder({ cacheDir }: HubOptions): string {
  return cacheDir ?? process.env.HF_HUB_CACHE ?? join(hubHome(), "hub");
}

export function isOffline({ localFilesOnly }: HubOptions): boolean {
  return localFilesOnly ?? isTrue(process.env.HF_HUB_OFFLINE);
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
  const { HF_HUB_DISABLE_IMPLICIT_TOKEN, HF_TOKEN, HF_TOKEN_PATH } = process.env;
  if (isTrue(HF_HUB_DISABLE_IMPLICIT_TOKEN)) return null;
  if (HF_TOKEN?.trim()) return HF_TOKEN;
  const path = HF_TOKEN_PATH ?? join(hubHome(), "token");
  // A file without read permission counts as missing, such as one of another user.
  return readIfExists(path).catch(() => null);
}

function hubHome(): string {
  const { HF_HOME, XDG_CACHE_HOME } = process.env;
  return HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "huggingface");
}

function isTrue(variable: string | undefined): boolean {
  return ["1", "true", "yes", "on"].includes((variable ?? "").toLowerCase());
}
