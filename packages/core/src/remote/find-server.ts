import { digestText } from "../digest.ts";
import { type Connection, sendRequest, type WireAnswer, type WireRequest } from "./http-request.ts";
import { type ListedModel, openaiEmbedRequest, readModels } from "./openai-api.ts";
import type { ServerApiName, ServerFacts } from "./server-facts.ts";
import { ServerFailure } from "./server-failure.ts";
import { readInfo, readTeiTokens, teiTokenizeRequest } from "./tei-api.ts";

export interface FindServerOptions {
  readonly api: ServerApiName | "auto";
  /** Name of the model, which servers with OpenAI's API need if they have several. */
  readonly model?: string | undefined;
}

/**
 * Finds out which API a URL has, and what the server says about itself. A server with `/info` as
 * Text Embeddings Inference has it is one; any other has OpenAI's API, below `/v1` or at the URL
 * itself.
 *
 * @throws ServerFailure
 */
export async function findServer(
  url: string,
  { api, model }: FindServerOptions,
  connection: Connection,
): Promise<ServerFacts> {
  const send = (baseUrl: string, request: WireRequest) => sendRequest(baseUrl, request, connection);
  const tried: ServerFailure[] = [];
  const ask = async (baseUrl: string, request: WireRequest): Promise<WireAnswer | null> => {
    try {
      return await send(baseUrl, request);
    } catch (error) {
      if (!(error instanceof ServerFailure) || isDown(error)) throw error;
      tried.push(error);
      return null;
    }
  };
  const base = baseOf(url);
  if (api !== "openai") {
    for (const teiBase of new Set([base, withoutVersion(base)])) {
      const answer = await ask(teiBase, { path: "/info" });
      const facts = answer && readInfo(answer);
      if (facts?.own) return withServerPrompt(facts);
      if (facts) return withPromptIn(facts, await ask(teiBase, teiTokenizeRequest(["a"])));
    }
    if (api === "tei") throw notFound(url, "Text Embeddings Inference", tried);
  }
  const bases = hasVersion(base) ? [base] : [withPath(base, "/v1"), base];
  for (const baseUrl of bases) {
    const models = readModels((await ask(baseUrl, { path: "/models" }))?.body);
    if (models) return openaiFacts(baseUrl, chooseModel(url, models, model));
  }
  // Some servers list no models.
  for (const baseUrl of model === undefined ? [] : bases) {
    if (await ask(baseUrl, openaiEmbedRequest(model!, ["a"])))
      return openaiFacts(baseUrl, { id: model! });
  }
  throw notFound(url, api === "openai" ? "OpenAI's API" : "an embedding API", tried);
}

/** Asks a server again what it serves. @throws ServerFailure */
export async function askAgain(known: ServerFacts, connection: Connection): Promise<ServerFacts> {
  // With OpenAI's API, each answer names the model.
  if (known.api === "openai") return known;
  return findServer(known.baseUrl, { api: "tei" }, connection);
}

/** Whether the server gives no answer, rather than not knowing the path. */
function isDown({ facts: { kind, status } }: ServerFailure): boolean {
  return kind === "leave" || (kind === "retry" && status !== 200);
}

/** The URL without the path of an endpoint that users copy along with it. */
function baseOf(url: string): string {
  const base = new URL(url);
  base.hash = "";
  base.pathname = base.pathname.replace(/\/+$/, "").replace(/\/(embeddings|embed|info)$/, "");
  return base.href;
}

function hasVersion(base: string): boolean {
  return /\/v\d+(beta)?$/.test(new URL(base).pathname);
}

function withoutVersion(base: string): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/v1$/, "");
  return url.href;
}

function withPath(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, "") + path;
  return url.href;
}

function chooseModel(url: string, models: readonly ListedModel[], name?: string): ListedModel {
  if (name !== undefined) return models.find(({ id }) => id === name) ?? { id: name };
  if (models.length === 1) return models[0]!;
  const names = models.slice(0, 10).map(({ id }) => id);
  const list = names.length > 0 ? ` It has ${names.join(", ")}${models[10] ? ", …" : ""}.` : "";
  throw new ServerFailure(
    `${url} lists ${models.length} models.${list} Set the option \`model\` to one of them.`,
    { kind: "stop", url },
  );
}

function openaiFacts(baseUrl: string, { id, maxTokens }: ListedModel): ServerFacts {
  return { api: "openai", baseUrl, model: id, identity: `${id}?server=openai`, maxTokens };
}

/**
 * Adds the prompt that the server puts before every text by itself. With one, the tokens of "a" do
 * not end at its only byte.
 */
function withPromptIn(facts: ServerFacts, answer: WireAnswer | null): ServerFacts {
  if (answer === null) return facts;
  const tokens = readTeiTokens(answer, 1)[0]!.filter(({ special }) => !special);
  const length = tokens.reduce((longest, { stop }) => Math.max(longest, stop ?? 0), 0) - 1;
  if (length <= 0) return facts;
  const text = tokens.map((token) => token.text).join("");
  return withServerPrompt({ ...facts, serverPrompt: text.slice(0, -1) || "(unknown)" });
}

/** The server's own prompt is part of the identity. */
function withServerPrompt(facts: ServerFacts): ServerFacts {
  if (!facts.serverPrompt) return facts;
  const digest = digestText(facts.serverPrompt).slice(0, 16);
  return { ...facts, identity: `${facts.identity}&serverPrompt=${digest}` };
}

function notFound(url: string, api: string, tried: readonly ServerFailure[]): ServerFailure {
  const denied = tried.findLast(({ facts }) => facts.status === 401 || facts.status === 403);
  if (denied) return denied;
  const reasons = tried.map(({ reason }) => reason).join(" ");
  const advice =
    api === "an embedding API"
      ? "Check the URL, and set the option `model` if it lists none."
      : "Check the URL.";
  return new ServerFailure(`${url} does not seem to have ${api}. ${reasons}`, {
    kind: "stop",
    url,
    advice,
  });
}
