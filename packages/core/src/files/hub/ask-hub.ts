import { EmbeddingGemmaError } from "../../errors.ts";
import type { HubOptions } from "../model-folder.ts";
import { accessToken, hubAddress, isOffline } from "./hub-environment.ts";
import { requestText } from "./hub-request.ts";
import { requestCommit, requestOptions } from "./repository-requests.ts";

/** What `checkHub` has found. */
export interface HubReport {
  /** URL of the Hub or of a mirror. */
  readonly endpoint: string;
  /** Whether a token was sent. */
  readonly token: boolean;
  /** The commit that would be loaded; null if downloads are disabled, so that nothing was asked. */
  readonly commit: string | null;
}

/** See `checkHub`. */
export async function askHub(model: string, options: HubOptions): Promise<HubReport> {
  const { revision = "main" } = options;
  const report = {
    endpoint: hubAddress(options),
    token: (await accessToken(options)) !== undefined,
  };
  if (isOffline(options)) return { ...report, commit: null };
  const commit = await requestCommit(model, revision, "config.json", options, 1);
  if (report.token) await checkToken(options);
  return { ...report, commit };
}

/** A model for everybody needs no token, so its files say nothing about one. */
async function checkToken(options: HubOptions): Promise<void> {
  const url = `${hubAddress(options)}/api/whoami-v2`;
  const request = { ...(await requestOptions(options)), attempts: 1 };
  await requestText(url, request).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    // Mirrors need not have this address.
    if (!EmbeddingGemmaError.isInstance(error) || error.details?.status !== 401) return;
    const reason = `The Hub does not know the access token (${url}).`;
    throw new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      `${reason} Check HF_TOKEN, or log in with \`hf auth login\`.`,
      { url, status: 401, reason },
      { cause: error },
    );
  });
}
