import { defined, untilAborted } from "@embeddinggemma/internal";
import { invalidArgument } from "../check.ts";
import { EmbeddingGemmaError } from "../errors.ts";
import { checkPrompts } from "./check-prompts.ts";
import { describeOwnServer, describeServer, knownDimension } from "./describe-server.ts";
import { askAgain, findServer } from "./find-server.ts";
import type { Connection } from "./http-request.ts";
import { loadRemoteTokenizer, type RemoteTokenizer } from "./load-remote-tokenizer.ts";
import { RemoteClient } from "./remote-client.ts";
import { type RemoteModel, remoteModel } from "./remote-model.ts";
import { type RemoteModelOptions, remoteDefaults, requestsPerAddress } from "./remote-options.ts";
import type { ServerFacts } from "./server-facts.ts";
import { ServerPool } from "./server-pool.ts";
import { shownUrl } from "./shown-url.ts";
import { warnOfOther } from "./warn-of-other.ts";

/** Limits of requests to servers that say none, such as those with OpenAI's API. */
const usualLimits = { batchSize: 128, maxBatchTokens: 32_768 };

/**
 * Connects to the servers at some addresses, which all have the same model.
 *
 * @param options - `ownsQueries`: the caller has an adapter for queries, or wants none
 * @throws `INVALID_ARGUMENT`, `MODEL_NOT_DESCRIBED`, `SERVER_FAILED`, `MODEL_CHANGED`; those of
 * loading the tokenizer; the reason of `signal`
 */
export async function connectModel(
  urls: readonly string[],
  options: RemoteModelOptions & { readonly ownsQueries?: boolean },
): Promise<RemoteModel> {
  const { api, timeout, maxRetries } = { ...remoteDefaults, ...defined(options) };
  const { model, signal } = options;
  const connection: Connection = {
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    headers: headersOf(options),
    timeout,
  };
  const pool = new ServerPool(urls, {
    ask: (url, known) =>
      known ? askAgain(known, connection) : findServer(url, { api, model }, connection),
    maxRetries,
  });
  const loadingTokenizer = loadTokenizerOf(options);
  // Its error is thrown below, if the servers can be reached.
  loadingTokenizer.catch(() => {});
  const facts = await pool.connect(signal);
  if (!options.ownsQueries) refuseQueryAdapter(facts);
  if (model !== undefined) warnOfOther(model, facts);
  const tokenizer = await untilAborted(signal, () => loadingTokenizer);
  const client = new RemoteClient(pool, connection, facts.maxItems ?? usualLimits.batchSize);
  if (tokenizer) await checkTokenizer(facts, client, tokenizer, signal);
  const described = { ...options, tokenizerLength: tokenizer?.maxTokens };
  const description = facts.own
    ? describeOwnServer(facts, facts.own, options)
    : describeServer(
        facts,
        described,
        await askDimension(client, knownDimension(facts, options), signal),
      );
  if (facts.api === "tei" && !facts.own && !options.prompts)
    await checkPrompts(facts, client, description.prompts, signal);
  const batchSize = facts.maxItems ?? usualLimits.batchSize;
  return remoteModel({
    client,
    facts,
    description,
    tokenizer,
    limits: { batchSize, maxBatchTokens: facts.maxBatchTokens ?? usualLimits.maxBatchTokens },
    concurrency: options.maxConcurrency ?? concurrencyFor(facts, batchSize) * urls.length,
  });
}

/** A server with a small limit of waiting texts refuses more. */
function concurrencyFor({ maxWaiting = Number.POSITIVE_INFINITY }: ServerFacts, batchSize: number) {
  return Math.max(Math.min(requestsPerAddress, Math.floor(maxWaiting / batchSize)), 1);
}

function headersOf({ apiKey, headers = {} }: RemoteModelOptions): Record<string, string> {
  const own = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { ...(apiKey && { authorization: `Bearer ${apiKey}` }), ...own };
}

async function loadTokenizerOf(options: RemoteModelOptions): Promise<RemoteTokenizer | null> {
  const { tokenizer, revision, token, endpoint, cacheDir, localFilesOnly, signal } = options;
  if (tokenizer === undefined) return null;
  const hub = { revision, token, endpoint, cacheDir, localFilesOnly, signal };
  return loadRemoteTokenizer(String(tokenizer), {
    ...hub,
    onDownloadProgress: options.onDownloadProgress,
  });
}

/** Embeds a text to learn the dimension, and that the server embeds at all. */
async function askDimension(
  client: RemoteClient,
  known: number | undefined,
  signal: AbortSignal | undefined,
): Promise<number> {
  const calledAt = performance.now();
  const probe = {
    content: "a",
    truncationSide: "right",
    calledAt,
    tokens: 1,
    fullLength: 1,
  } as const;
  const settings = { output: "sentence_embedding", normalized: true, signal } as const;
  const [vector] = await client.embed([{ ...probe }], settings);
  const { length } = vector!;
  if (known === undefined || known === length) return length;
  throw invalidArgument(
    "dimension",
    known,
    `${length}, the length of the server's vectors`,
    "If you did not set it, the server has not the model that its name says, or cuts its vectors.",
  );
}

/** Prompts are added here, so such a server takes every text for a document. */
function refuseQueryAdapter({ baseUrl, own }: ServerFacts): void {
  if (own?.adapterSides !== "query") return;
  const url = shownUrl(baseUrl);
  const reason =
    `${url} has an adapter for queries, which it applies only where it adds the prompt of ` +
    "queries itself. Prompts are added here, so its queries would be left without the adapter.";
  throw new EmbeddingGemmaError(
    "ADAPTER_MISMATCH",
    `${reason} Load the adapter here: \`Embedder.connect(url, { adapter: folder })\`, with a ` +
      "copy of its folder; or set `adapter: null` for queries without it.",
    { url, reason },
  );
}

/** Text with words, numbers and several scripts, of which two tokenizers make different tokens. */
const sample = "Größe: 12,345 % — «Планета Марс», 火星は赤い惑星です!";

/** @throws `INVALID_ARGUMENT` if the server says that it has another tokenizer */
async function checkTokenizer(
  { api, baseUrl, serverPrompt }: ServerFacts,
  client: RemoteClient,
  { tokenize, specialTokens }: RemoteTokenizer,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (api !== "tei" || serverPrompt) return;
  const served = await client.tokenize([sample], { signal });
  const [content] = await tokenize([sample], { signal });
  const ids = [...specialTokens.prefix, ...content!, ...specialTokens.suffix];
  const servedIds = served[0]!.map(({ id }) => id);
  if (ids.join() === servedIds.join()) return;
  throw new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    `tokenizer must be that of the model of ${shownUrl(baseUrl)}, which makes other ` +
      "tokens of the same text.",
    { url: shownUrl(baseUrl), tokens: ids, expected: servedIds },
  );
}
