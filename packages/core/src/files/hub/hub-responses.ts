import { EmbeddingGemmaError, show } from "../../errors.ts";
import { responseError, type TransientFailure } from "../fetch-policy.ts";

/**
 * Interprets the Hub's responses as Python's `huggingface_hub` does. Shared by Node and browsers.
 */

/**
 * Whether a response says that the repository does not have the file. The Hub sends
 * `X-Error-Code: EntryNotFound`; a mirror may send only the commit. Any other 404 may come from a
 * proxy or a failing server.
 */
export function isMissingFile({ status, headers }: Response): boolean {
  if (status !== 404) return false;
  const code = headers.get("x-error-code");
  return code === "EntryNotFound" || (code === null && headers.has("x-repo-commit"));
}

/** Whether the Hub itself has refused a file: also one that was asked for by its URL. */
export function isHubError({ headers }: Response): boolean {
  return headers.has("x-error-code");
}

/**
 * The commit that lacks the file, else null. Like `huggingface_hub`, trusts only the Hub's own
 * error code here.
 */
export function commitWithoutFile({ headers }: Response): string | null {
  return headers.get("x-error-code") === "EntryNotFound" ? headers.get("x-repo-commit") : null;
}

/** The error for a response of the Hub without the file, unless it {@link isMissingFile}. */
export function hubError(
  url: string,
  response: Response,
  deniedAdvice: string,
): TransientFailure | EmbeddingGemmaError {
  const { status, headers } = response;
  const code = headers.get("x-error-code");
  if (code === "RepoNotFound" || code === "RevisionNotFound") {
    const missing = code === "RepoNotFound" ? "repository" : "revision";
    const reason = `The Hub has no such ${missing} (${url}).`;
    return new EmbeddingGemmaError(
      "MODEL_NOT_FOUND",
      missing === "repository" ? `${reason} ${deniedAdvice}` : reason,
      { url, status, reason, missing },
    );
  }
  return responseError(url, response, deniedAdvice);
}

/** URL of a repository's description, which includes its file list. */
export function repositoryUrl(host: string, model: string, revision: string): string {
  return `${host}/api/models/${model}/revision/${encodeURIComponent(revision)}`;
}

/** Names of the files in a repository's description; null if the text is something else. */
export function fileNamesOf(description: string): ReadonlySet<string> | null {
  try {
    const { siblings } = JSON.parse(description) as { siblings: { rfilename: string }[] };
    return new Set(siblings.map(({ rfilename }) => rfilename));
  } catch {
    return null;
  }
}

/** The error for a file that is in the repository's file list, but not found by the server. */
export function listedButMissing(model: string, file: string, url: string): EmbeddingGemmaError {
  return new EmbeddingGemmaError(
    "DOWNLOAD_FAILED",
    `The file list of ${show(model)} contains ${file}, but ${url} responds with 404. ` +
      "Without this file, vectors would be wrong. Try again later, or check the proxy and mirror.",
    { model, file, url, status: 404 },
  );
}
