import { EmbeddingGemmaError, show } from "../../errors.ts";
import type { HubOptions } from "../model-folder.ts";
import { accessToken, hubAddress } from "./hub-environment.ts";
import { encodePath, isCommit } from "./hub-names.ts";
import { type RequestOptions, requestFile, requestText } from "./hub-request.ts";
import { fileNamesOf, repositoryUrl } from "./hub-responses.ts";

/** URL of a file of a repository. */
export function fileUrl(
  model: string,
  revision: string,
  name: string,
  options: HubOptions,
): string {
  const folder = `${hubAddress(options)}/${model}/resolve/${encodeURIComponent(revision)}`;
  return `${folder}/${encodePath(name)}`;
}

/** The options of every request. */
export async function requestOptions(options: HubOptions): Promise<RequestOptions> {
  const { signal } = options;
  const token = await accessToken(options);
  return { ...(token && { token }), ...(signal && { signal }) };
}

/**
 * Asks the Hub for the commit of a branch or tag.
 *
 * @param mainFile - a file that the repository must have
 * @throws `MODEL_NOT_FOUND`, `DOWNLOAD_FAILED`
 */
export async function requestCommit(
  model: string,
  revision: string,
  mainFile: string,
  options: HubOptions,
  attempts: number | undefined,
): Promise<string> {
  const url = fileUrl(model, revision, mainFile, options);
  const file = await requestFile(url, {
    ...(await requestOptions(options)),
    method: "HEAD",
    ...(attempts && { attempts }),
  });
  if (!file.found) {
    throw new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      `${show(model)} at revision ${show(revision)} has no ${mainFile} (${url}).`,
      { model, revision, url, status: 404 },
    );
  }
  if (file.commit !== null && isCommit(file.commit)) return file.commit;
  // As in huggingface_hub: without a commit, files of two versions could be mixed.
  throw new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    `The response of ${url} has no header x-repo-commit, so it does not come from a Hub. ` +
      `It may be a proxy's page, or a mirror that does not send the commit of ${show(revision)}. ` +
      "Check the proxy and HF_ENDPOINT, set the option `revision` to a commit, " +
      "or pass the path of a folder that contains the model.",
    { model, revision, url },
  );
}

/** Names of the files of a commit; null if the server does not list them. */
export async function requestFileNames(
  model: string,
  commit: string,
  options: HubOptions,
): Promise<ReadonlySet<string> | null> {
  const url = repositoryUrl(hubAddress(options), model, commit);
  const request = { ...(await requestOptions(options)), attempts: 1 };
  const description = await requestText(url, request).catch(() => null);
  options.signal?.throwIfAborted();
  return description === null ? null : fileNamesOf(description);
}
