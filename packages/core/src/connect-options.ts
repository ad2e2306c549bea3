import { invalidArgument, isObject, isUrl, oneOf, type Rules, rules } from "./check.ts";
import { show } from "./errors.ts";
import {
  type AdapterOptions,
  type EncodeDefaults,
  encodeDefaultsRules,
  loadRules,
  modelRule,
  nameRule,
} from "./options.ts";
import type { RemoteModelOptions } from "./remote/remote-options.ts";
import { shownUrl } from "./remote/shown-url.ts";

/**
 * Options of {@link Embedder.connect}. `maxBatchTokens` and `batchSize` are the limits of one
 * request, by default those of the server, else 32,768 tokens and 128 texts.
 */
export interface ConnectOptions extends RemoteModelOptions, EncodeDefaults, AdapterOptions {}

const milliseconds = {
  expected: "a number of milliseconds above 0",
  accepts: (value: unknown) => typeof value === "number" && value > 0 && value < 2 ** 31,
};

export const connectRules: Rules<ConnectOptions> = {
  ...encodeDefaultsRules,
  adapter: loadRules.adapter,
  api: oneOf(["auto", "tei", "openai"]),
  model: nameRule,
  apiKey: {
    expected: "a key without spaces and line breaks",
    accepts: (value) => typeof value === "string" && /^[\x21-\x7e]+$/.test(value),
  },
  headers: {
    expected: "an object of strings, the headers by name",
    accepts: (value) => isObject(value) && areHeaders(value),
  },
  fetch: rules.callback,
  timeout: milliseconds,
  maxRetries: {
    expected: "a whole number of at least 0",
    accepts: (value) => Number.isInteger(value) && (value as number) >= 0,
  },
  maxConcurrency: rules.count,
  tokenizer: modelRule,
  dimension: rules.count,
  matryoshkaDimensions: {
    expected: "an array of whole numbers of at least 1",
    accepts: (value) => Array.isArray(value) && value.every(rules.count.accepts),
  },
  prompts: loadRules.prompts,
  maxTokens: loadRules.maxTokens,
  revision: loadRules.revision,
  token: loadRules.token,
  endpoint: loadRules.endpoint,
  cacheDir: loadRules.cacheDir,
  localFilesOnly: loadRules.localFilesOnly,
  onDownloadProgress: loadRules.onDownloadProgress,
  signal: loadRules.signal,
};

/** Splits options into those of the connection and the defaults of calls. */
export function splitConnectOptions(options: Omit<ConnectOptions, "adapter">): {
  connecting: RemoteModelOptions;
  encoding: EncodeDefaults;
} {
  const connecting: Record<string, unknown> = {};
  const encoding: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    (Object.hasOwn(encodeDefaultsRules, name) ? encoding : connecting)[name] = value;
  }
  return { connecting, encoding };
}

/**
 * The URLs of servers, absolute. In a browser, they may be relative to the page.
 *
 * @throws `INVALID_ARGUMENT`
 */
export function checkUrls(url: unknown): string[] {
  const urls: unknown[] = Array.isArray(url) ? url : [url];
  if (urls.length === 0) throw invalidArgument("url", url, "at least one URL");
  const checked = urls.map(checkUrl);
  const twice = checked.find((one, index) => checked.indexOf(one) !== index);
  if (twice === undefined) return checked;
  const hint = `${show(shownUrl(twice))} occurs twice.`;
  throw invalidArgument("url", checked.map(shownUrl), "an array of different URLs", hint);
}

function checkUrl(url: unknown): string {
  const isText = typeof url === "string" || isUrl(url);
  const parsed = isText ? parseUrl(String(url)) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    const hint = typeof url === "string" && !url.includes("//") ? "Add http:// or https://." : "";
    const given = isText ? shownUrl(String(url)) : url;
    throw invalidArgument("url", given, 'a URL of a server, such as "http://localhost:8080"', hint);
  }
  if (parsed.username || parsed.password) {
    const hint = "Set the option `headers: { authorization: … }` instead.";
    throw invalidArgument("url", parsed.host, "without user name and password", hint);
  }
  return parsed.href;
}

function parseUrl(url: string): URL | null {
  const page = (globalThis as { location?: { href?: string } }).location?.href;
  try {
    return new URL(url, page);
  } catch {
    return null;
  }
}

function areHeaders(headers: Record<string, unknown>): boolean {
  try {
    new Headers(headers as Record<string, string>);
  } catch {
    return false;
  }
  return Object.values(headers).every((value) => typeof value === "string");
}
