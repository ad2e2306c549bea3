import { homedir } from "node:os";
import { join } from "node:path";
import { EmbeddingGemmaError, show } from "../../errors.ts";
import type { HubOptions } from "../model-folder.ts";
import { readIfThere } from "../read-files.ts";

/**
 * What an option leaves open, as the environment says it to Python's `huggingface_hub`.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */

export function cacheFolder({ cacheDir }: HubOptions): string {
  return cacheDir ?? process.env.HF_HUB_CACHE ?? join(hubHome(), "hub");
}

export function isOffline({ localFilesOnly }: HubOptions): boolean {
  return localFilesOnly ?? isSet(process.env.HF_HUB_OFFLINE);
}

/** @throws `INVALID_ARGUMENT` */
export function hubAddress({ endpoint }: HubOptions): string {
  const host = (endpoint || process.env.HF_ENDPOINT || "https://huggingface.co").replace(
    /\/+$/,
    "",
  );
  if (/^https?:\/\//.test(host) && URL.canParse(host)) return host;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `endpoint, or the environment variable HF_ENDPOINT, must be the address of a Hub such as "https://huggingface.co"; ${show(host)} was given.`,
    { endpoint: host },
  );
}

/**
 * The option, else `HF_TOKEN`, else what `hf auth login` has saved; undefined where there is none.
 */
export async function accessToken({ token }: HubOptions): Promise<string | undefined> {
  // A token that was read from a file often ends in a line break, which no header may have.
  return (
    (
      token ?? (isSet(process.env.HF_HUB_DISABLE_IMPLICIT_TOKEN) ? "" : await impliedToken())
    )?.trim() || undefined
  );
}

async function impliedToken(): Promise<string | null> {
  const { HF_TOKEN, HF_TOKEN_PATH } = process.env;
  // A file that may not be read is none, as for a server that runs as another user.
  return (
    HF_TOKEN?.trim() || readIfThere(HF_TOKEN_PATH ?? join(hubHome(), "token")).catch(() => null)
  );
}

function hubHome(): string {
  const { HF_HOME, XDG_CACHE_HOME } = process.env;
  return HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "huggingface");
}

function isSet(variable: string | undefined): boolean {
  return ["1", "true", "yes", "on"].includes((variable ?? "").toLowerCase());
}
