import type { Embedder } from "@embeddinggemma/core";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { setComputeHeaders } from "../compute-headers.ts";
import { embedInputs } from "../embed-inputs.ts";
import { checkBatchSize } from "../http/batch-size.ts";
import { checkForm, readDeclaredJson } from "../http/json-body.ts";
import type { Permits } from "../http/permits.ts";
import { RequestError, refusalOf } from "../http/request-error.ts";
import { promptNameOf } from "../model-name.ts";
import type { AppSettings } from "../options.ts";
import { noPromptNamed } from "../prompt.ts";
import { noteInputs } from "../reports/request-report.ts";
import { base64Of } from "./base64.ts";
import { embeddingsForm } from "./forms.ts";

/** What the routes of OpenAI need. */
export interface OpenAIOptions {
  readonly embedder: Embedder;
  readonly settings: AppSettings;
  readonly permits: Permits;
}

/**
 * The routes of OpenAI's API for embeddings.
 *
 * @see https://platform.openai.com/docs/api-reference/embeddings
 */
export function openAIRoutes({ embedder, settings, permits }: OpenAIOptions): Hono {
  const app = new Hono();
  app.onError(answerError);
  const { servedModelName } = settings;
  const created = Math.floor(Date.now() / 1000);

  const promptOf = ({ prompt_name, model }: z.output<typeof embeddingsForm>) => {
    const name = prompt_name ?? promptNameOf(model, embedder, servedModelName);
    if (name === null) return settings.defaultPrompt;
    const prompt = Object.hasOwn(embedder.prompts, name) ? embedder.prompts[name] : undefined;
    if (prompt !== undefined) return prompt;
    throw new RequestError("Validation", noPromptNamed(name, embedder), { param: "prompt_name" });
  };
  const embeddings = async (context: Context) => {
    const body = await readDeclaredJson(context, settings.openAIPayloadLimit);
    const form = checkForm(embeddingsForm, body, context);
    const inputs = textsOf(form.input);
    noteInputs(context, inputs.length, form.dimensions);
    checkBatchSize(inputs.length, settings.maxOpenAIBatchSize, "--max-openai-batch-size");
    const prompt = promptOf(form);
    const startedAt = performance.now();
    const { vectors, statistics } = await permits.run(() =>
      embedInputs(embedder, inputs, {
        prompt,
        truncate: settings.autoTruncate,
        normalize: true,
        dimensions: form.dimensions,
        maxBatchTokens: settings.maxBatchTokens,
        signal: context.req.raw.signal,
      }),
    );
    setComputeHeaders(context, statistics, startedAt);
    const encode = form.encoding_format === "base64" ? base64Of : toArray;
    return context.json({
      object: "list",
      data: vectors.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: encode(vector),
      })),
      model: servedModelName,
      usage: { prompt_tokens: statistics.tokens, total_tokens: statistics.tokens },
    });
  };
  const models = (context: Context) =>
    context.json({ object: "list", data: [modelOf(servedModelName, created)] });
  const model = (context: Context) => {
    const name = context.req.param("name") ?? "";
    promptNameOf(name, embedder, servedModelName);
    return context.json(modelOf(name, created));
  };

  app.post("/v1/embeddings", embeddings);
  app.post("/embeddings", embeddings);
  app.get("/v1/models", models);
  app.get("/models", models);
  app.get("/v1/models/:name{.+}", model);
  return app;
}

function modelOf(id: string, created: number) {
  return { id, object: "model", created, owned_by: "embeddinggemma" };
}

/**
 * Token ids are refused: clients that send them have used the tokenizer of an OpenAI model.
 *
 * @throws RequestError
 */
function textsOf(input: string | readonly string[] | readonly number[] | readonly number[][]) {
  if (typeof input === "string") return [input];
  if (input.every((text) => typeof text === "string")) return input;
  throw new RequestError(
    "Validation",
    "`input` must be text, not token ids: those of another model's tokenizer would give wrong " +
      "vectors. In LangChain for Python, set check_embedding_ctx_length=False. For token ids of " +
      "this model, use the route /embed.",
    { param: "input" },
  );
}

function toArray(vector: Float32Array): number[] {
  return Array.from(vector);
}

/**
 * The form of an error that clients of OpenAI and of TEI understand. A wrong request has OpenAI's
 * status: LangChain.js sends one again and again after TEI's 422.
 */
function answerError(error: Error, context: Context): Response {
  const { message, param, type, ...refusal } = refusalOf(error, context);
  const status = refusal.status === 422 ? 400 : refusal.status;
  const body = { error: { message, type, param, code: null }, message, code: status, type };
  return context.json(body, status);
}
