import { EmbeddingGemmaError, show } from "../../errors.ts";
import { answerError, type TransientFailure } from "../fetch-policy.ts";

/**
 * How the Hub says that something is not there, as Python's `huggingface_hub` reads it. Shared by
 * Node and browsers.
 */

/**
 * Whether an answer says that the repository does not have the file. The Hub adds
 * `X-Error-Code: EntryNotFound`; a mirror may send only the commit that it looked in. Any other 404
 * may come from a proxy, or from a server that is only out of order.
 */
export function isMissingFile({ status, headers }: Response): boolean {
  if (status !== 404) return false;
  const code = headers.get("x-error-code");
  return code === "EntryNotFound" || (code === null && headers.has("x-repo-commit"));
}

/**
 * The commit without the file, if `huggingface_hub` would remember it: only the Hub's own answer
 * counts.
 */
export function commitWithoutFile({ headers }: Response): string | null {
  return headers.get("x-error-code") === "EntryNotFound" ? headers.get("x-repo-commit") : null;
}

/** The error for an answer of the Hub that is neither the file nor {@link isMissingFile}. */
export function hubError(
  url: string,
  response: Response,
  deniedAdvice: string,
): TransientFailure | EmbeddingGemmaError {
  const { status, headers } = response;
  const code = headers.get("x-error-code");
  if (code === "RepoNotFound" || code === "RevisionNotFound") {
    const what = code === "RepoNotFound" ? "repository" : "revision";
    return new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      `The Hub has no such ${what} (${url}).${what === "repository" ? ` ${deniedAdvice}` : ""}`,
      { url, status },
    );
  }
  return answerError(url, response, deniedAdvice);
}

/** Address of the description of a repository, which includes its file list. */
export function repositoryUrl(host: string, model: string, revision: string): string {
  return `${host}/api/models/${model}/revision/${encodeURIComponent(revision)}`;
}

/** Names of the files in the description of a repository; null if that is not what the text is. */
export function fileNamesOf(description: string): ReadonlySet<string> | null {
  try {
    const { siblings } = JSON.parse(description) as { siblings: { rfilename: string }[] };
    return new Set(siblings.map(({ rfilename }) => rfilename));
  } catch {
    return null;
  }
}

/** The error for a file that the repository lists and the server does not find. */
export function listedButMissing(model: string, file: string, url: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    `The file list of ${show(model)} has ${file}, but ${url} answers 404. ` +
      "Without the file, vectors would be wrong. Try again later, or check the proxy and mirror.",
    { model, file, url, status: 404 },
  );
}
