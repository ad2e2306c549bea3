import type { HubOptions } from "../model-folder.ts";
import { accessToken, hubAddress, isOffline } from "./hub-environment.ts";
import { requestCommit } from "./repository-requests.ts";

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
  return { ...report, commit: await requestCommit(model, revision, "config.json", options, 1) };
}
