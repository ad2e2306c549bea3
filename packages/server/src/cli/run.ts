import { Embedder, EmbeddingGemmaError } from "@embeddinggemma/core";
import type { DocumentIndex } from "../documents/document-index.ts";
import { defaultShutdownTimeout } from "../node/serve-options.ts";
import { serve } from "../serve.ts";
import type { ProgramSettings } from "./arguments.ts";
import { CannotRun } from "./cannot-run.ts";
import { checkPromptName } from "./check-prompt-name.ts";
import { exitCodes } from "./exit-codes.ts";
import { inFlags } from "./in-flags.ts";
import { logDownloads } from "./log-downloads.ts";
import { logWarnings } from "./log-warnings.ts";
import { createLogger, errorFields, type Logger, logRequest } from "./logs.ts";
import { misspeltWarning, truncatedWarning, unpromptedWarning } from "./mistake-warnings.ts";
import { openIndex } from "./open-index.ts";
import type { ServerProgramOptions } from "./program-options.ts";
import { refuseTakenPort, throwListenError } from "./refuse-taken-port.ts";
import { checkStoreFolder } from "./store-folder.ts";
import { untrainedWarning } from "./untrained-warning.ts";

type RunOptions = Pick<ServerProgramOptions, "load" | "explain">;

/**
 * Loads the model and serves it until SIGTERM or SIGINT. Then answers the requests that are there.
 *
 * @returns the exit code
 */
export async function run(
  settings: ProgramSettings,
  { load = Embedder.load, explain }: RunOptions = {},
): Promise<number> {
  const logger = createLogger({ level: settings.logLevel, json: settings.jsonOutput });
  for (const flag of settings.unused) logger.warn(`${flag} has no effect here.`);
  using _warnings = logWarnings(logger);
  using _output = ignoreClosedOutput();
  using stop = listenForStop(logger);
  const { signal } = stop;
  try {
    await loadAndServe(settings, load, logger, signal);
    return 0;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return 0;
    const explained = error instanceof CannotRun ? undefined : explain?.(error);
    const fields = explained ? { error: explained.message } : await fatalFields(error);
    logger.fatal(fields, "The server cannot run");
    return explained?.exitCode ?? exitCodes[isWrongValue(error) ? "wrongFlags" : "failed"];
  }
}

/** Whether the model refuses the value of a flag, such as that of a dtype. */
function isWrongValue(error: unknown): boolean {
  return EmbeddingGemmaError.isInstance(error) && error.code === "INVALID_ARGUMENT";
}

/** An error of this project says what to do. Of any other one, the stack is useful, too. */
async function fatalFields(error: unknown) {
  const { FaissStoreError } = await import("@embeddinggemma/faiss");
  const own = [EmbeddingGemmaError, FaissStoreError];
  const isOwn = own.some((type) => type.isInstance(error));
  if (error instanceof CannotRun) return { error: error.message };
  return isOwn ? { error: inFlags((error as Error).message) } : errorFields(error);
}

async function loadAndServe(
  { model, load, ...settings }: ProgramSettings,
  loadModel: NonNullable<RunOptions["load"]>,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  await checkPromptName({ model, load, ...settings });
  const store = await checkStoreFolder(settings);
  if (store?.note !== undefined) logger.info(store.note);
  if (store?.warning !== undefined) logger.warn(store.warning);
  await refuseTakenPort(settings.serve);
  logger.info({ model }, "Loading the model");
  const onDownloadProgress = logDownloads(logger);
  await using embedder = await loadModel(model, { ...load, onDownloadProgress, signal });
  const { dtype, dtypeReason, dimension, identity, adapter } = embedder;
  const changes = adapter && { adapter: `changes ${adaptedTexts[adapter.sides]}` };
  logger.info({ dtype, dtypeReason, dimension, identity, ...changes }, "The model is loaded");
  const index = store && (await openIndex(store, embedder, logger));
  try {
    await serveUntil(signal, embedder, settings, index, logger);
  } finally {
    await index?.close();
    if (index && index.pending > 0) logger.warn(lostDocuments(index.pending));
  }
}

function lostDocuments(count: number): string {
  const [were, them, are] =
    count === 1
      ? ["1 document was", "it", "it is"]
      : [`${count} documents were`, "them", "they are"];
  return `${were} added, but no /index or /upsert has saved ${them}; ${are} lost.`;
}

const adaptedTexts = { query: "the vectors of queries", both: "all vectors" };

async function serveUntil(
  signal: AbortSignal,
  embedder: Embedder,
  { serve: options }: Pick<ProgramSettings, "serve">,
  index: DocumentIndex | undefined,
  logger: Logger,
): Promise<void> {
  signal.throwIfAborted();
  const warnings = [
    untrainedWarning(embedder, logger),
    misspeltWarning(logger),
    unpromptedWarning(embedder, options, logger),
    truncatedWarning(embedder, logger),
  ];
  const server = await serve(embedder, {
    ...options,
    index,
    onRequest: (report) => {
      logRequest(logger, report);
      for (const warn of warnings) warn(report);
    },
  }).catch((error: unknown) => throwListenError(error, options.port));
  const documents = index && { store: index.folder, documents: index.size };
  const prompts = promptAdvice(embedder, options, index);
  logger.info({ url: server.url, ...documents, prompts }, "Ready");
  await aborted(signal);
  const { unanswered } = await server.close();
  if (unanswered === 0) logger.info("All requests are answered");
  else logger.warn(cutRequests(unanswered, options.shutdownTimeout));
}

function cutRequests(count: number, timeout = defaultShutdownTimeout): string {
  const were = count === 1 ? "1 request was" : `${count} requests were`;
  const closed = count === 1 ? "its connection was" : "their connections were";
  return `${were} not answered within ${timeout / 1000} s (--shutdown-timeout); ${closed} closed.`;
}

/** What a client has to do for the vectors that the model was trained to give. */
function promptAdvice(
  { prompts }: Embedder,
  { defaultPrompt, defaultPromptName }: ProgramSettings["serve"],
  index: DocumentIndex | undefined,
): string {
  const names = Object.keys(prompts).filter((name) => prompts[name] !== "");
  if (names.length === 0) return "the model has none";
  const chosen = defaultPromptName ?? defaultPrompt;
  const others = chosen === undefined ? "none" : JSON.stringify(chosen);
  const ofStore = index ? "those of the model for --store and txtai; else " : "";
  return (
    `${ofStore}${others} unless a request names one (prompt_name, or model ":${names[0]}"); ` +
    `the model has ${names.join(", ")}`
  );
}

/** Who reads the log can end, as `head` does: the server goes on, without a log. */
function ignoreClosedOutput(): Disposable {
  const listener = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  };
  process.stdout.on("error", listener);
  return { [Symbol.dispose]: () => void process.stdout.off("error", listener) };
}

/** The first SIGTERM or SIGINT aborts the signal. The second one ends the process at once. */
function listenForStop(logger: Logger): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const { signal } = controller;
  const listener = (name: NodeJS.Signals) => {
    if (signal.aborted) {
      logger.warn(`${name} again: the server stops at once, and running requests get no answer`);
      process.exit(exitCodes.failed);
    }
    logger.info(`${name}: the server stops when all requests are answered`);
    controller.abort();
  };
  for (const name of stopSignals) process.on(name, listener);
  return {
    signal,
    [Symbol.dispose]: () => {
      for (const name of stopSignals) process.off(name, listener);
    },
  };
}

const stopSignals = ["SIGTERM", "SIGINT"] as const;

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
