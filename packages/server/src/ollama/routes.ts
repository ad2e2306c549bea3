import type { Embedder } from "@embeddinggemma/core";
import { type Context, Hono } from "hono";
import { setComputeHeaders } from "../compute-headers.ts";
import { embedInputs } from "../embed-inputs.ts";
import { checkBatchSize } from "../http/batch-size.ts";
import { checkForm, readJson } from "../http/json-body.ts";
import type { Permits } from "../http/permits.ts";
import { refusalOf } from "../http/request-error.ts";
import { promptNameOf } from "../model-name.ts";
import type { AppSettings } from "../options.ts";
import { promptNamed } from "../prompt.ts";
import { noteInputs } from "../reports/request-report.ts";
import { version } from "../version.ts";
import { embeddingsForm, embedForm, showForm } from "./forms.ts";
import { detailsOf, tagOf } from "./model-entry.ts";

/** What the routes of Ollama need. */
export interface OllamaOptions {
  readonly embedder: Embedder;
  readonly settings: AppSettings;
  readonly permits: Permits;
}

/**
 * The routes of Ollama's API for embeddings, and those with which its clients look for models.
 *
 * @see https://docs.ollama.com/api/embed
 */
export function ollamaRoutes({ embedder, settings, permits }: OllamaOptions): Hono {
  const app = new Hono();
  app.onError(answerError);
  const { servedModelName } = settings;
  const startedOn = new Date().toISOString();
  const bodyOf = (context: Context) => readJson(context, settings.openAIPayloadLimit);

  /** Embeds texts with the prompt that the name of the model asks for. */
  const embed = async (
    context: Context,
    texts: readonly string[],
    { model, truncate, dimensions }: EmbedFields,
  ) => {
    noteInputs(context, texts.length, dimensions);
    checkBatchSize(texts.length, settings.maxOpenAIBatchSize, "--max-openai-batch-size");
    const promptName = promptNameOf(model, embedder, servedModelName);
    const startedAt = performance.now();
    const { vectors, statistics } = await permits.run(() =>
      embedInputs(embedder, texts, {
        prompt: promptName === null ? settings.defaultPrompt : promptNamed(embedder, promptName),
        truncate: truncate ?? true,
        normalize: true,
        // In Ollama, 0 is no limit.
        dimensions: dimensions || undefined,
        maxBatchTokens: settings.maxBatchTokens,
        signal: context.req.raw.signal,
      }),
    );
    setComputeHeaders(context, statistics, startedAt);
    return {
      embeddings: vectors.map((vector) => Array.from(vector)),
      tokens: statistics.tokens,
      nanoseconds: Math.round((performance.now() - startedAt) * 1e6),
    };
  };

  app.post("/api/embed", async (context) => {
    const form = checkForm(embedForm, await bodyOf(context), context);
    const texts = [form.input ?? []].flat();
    // Ollama answers this without vectors, and clients use it to load a model.
    if (texts.length === 0 || form.input === "") {
      return context.json({ model: form.model, embeddings: [] });
    }
    const { embeddings, tokens, nanoseconds } = await embed(context, texts, form);
    return context.json({
      model: form.model,
      embeddings,
      total_duration: nanoseconds,
      load_duration: 0,
      prompt_eval_count: tokens,
    });
  });
  app.post("/api/embeddings", async (context) => {
    const { model, prompt } = checkForm(embeddingsForm, await bodyOf(context), context);
    if (!prompt) return context.json({ embedding: [] });
    const { embeddings } = await embed(context, [prompt], { model });
    return context.json({ embedding: embeddings[0] });
  });
  app.on("GET", ["/api/tags", "/api/ps"], async (context) =>
    context.json({ models: [await tagOf(embedder, servedModelName, startedOn)] }),
  );
  app.post("/api/show", async (context) => {
    const { model, name } = checkForm(showForm, await bodyOf(context), context);
    promptNameOf(model ?? name, embedder, servedModelName);
    return context.json({
      details: detailsOf(embedder),
      model_info: {
        "general.architecture": detailsOf(embedder).family,
        "general.basename": servedModelName,
        "embeddinggemma.context_length": embedder.maxTokens,
        "embeddinggemma.embedding_length": embedder.dimension,
      },
      capabilities: ["embedding"],
      modified_at: startedOn,
    });
  });
  app.get("/api/version", (context) => context.json({ version }));
  return app;
}

interface EmbedFields {
  readonly model: string;
  /** @default true */
  readonly truncate?: boolean | null | undefined;
  readonly dimensions?: number | null | undefined;
}

/** Ollama's form of an error: only a message. What TEI answers with 422 is 400 there. */
function answerError(error: Error, context: Context): Response {
  const { message, status } = refusalOf(error, context);
  return context.json({ error: message }, status === 422 ? 400 : status);
}
