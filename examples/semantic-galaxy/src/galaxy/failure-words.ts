import { WorkerCallError } from "../threads/call-worker.ts";

/** Why a model could not be loaded, in words for the visitor. */
export function whyNoModel(error: unknown): string {
  const code = error instanceof WorkerCallError ? error.code : undefined;
  const said = wordsOf(error);
  if (navigator.onLine === false) return words.offline;
  if (/could not store|quota/i.test(said)) return words.room;
  if (code === "DOWNLOAD_FAILED") return words.download;
  if (code === "MODEL_FILE_MISSING" || code === "MODEL_NOT_FOUND") return words.missing;
  if (/memory|allocat|bad_alloc|Aborted|RangeError|Array buffer/i.test(said)) return words.memory;
  return `The model could not be started. ${said}`;
}

const words = {
  offline:
    "You are offline, and this model is not in your browser yet. Try again when you are online.",
  download:
    "The model could not be downloaded. Check your connection, and whether huggingface.co is " +
    "blocked. Files that are complete are kept.",
  missing: "The server does not have the files of this model.",
  memory:
    "This device has too little memory for the model. Close other tabs, or use a computer with " +
    "more memory.",
  room: "Your browser has no room for the model. Free some storage, or leave private browsing.",
} as const;

/** Why something else failed. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why the galaxy cannot be kept for the next visit. */
export function whyNotKept(error: unknown): string {
  const reason =
    error instanceof DOMException && error.name === "QuotaExceededError"
      ? "Your browser has no room left to keep your texts."
      : `Your browser cannot keep your texts (${wordsOf(error)}).`;
  return `${reason} They will be gone when you close the page.`;
}
