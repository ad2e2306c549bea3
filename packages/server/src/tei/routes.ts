import type { Embedder } from "@embeddinggemma/core";
import { type Context, Hono } from "hono";
import { setComputeHeaders } from "../compute-headers.ts";
import {
  embedInputs,
  embedTokensOf,
  emptyInput,
  type Input,
  type InputStatistics,
} from "../embed-inputs.ts";
import { checkBatchSize } from "../http/batch-size.ts";
import { checkForm, readDeclaredJson } from "../http/json-body.ts";
import type { Permits } from "../http/permits.ts";
import { BodyError, RequestError, refusalOf } from "../http/request-error.ts";
import type { AppSettings } from "../options.ts";
import { promptNamed } from "../prompt.ts";
import { noteInputs } from "../reports/request-report.ts";
import { decodeForm, embedAllForm, embedForm, similarityForm, tokenizeForm } from "./forms.ts";
import { infoOf } from "./info.ts";
import { teiTokens } from "./tokens.ts";

/** What the routes of TEI need. */
export interface TeiOptions {
  readonly embedder: Embedder;
  readonly settings: AppSettings;
  readonly permits: Permits;
}

/**
 * The routes of Text Embeddings Inference that embed.
 *
 * @see https://huggingface.github.io/text-embeddings-inference
 */
export function teiRoutes({ embedder, settings, permits }: TeiOptions): Hono {
  const app = new Hono();
  app.onError(answerError);

  const bodyOf = (context: Context) => readDeclaredJson(context, settings.payloadLimit);
  const promptOf = (name: string | null | undefined) =>
    typeof name === "string" ? promptNamed(embedder, name) : settings.defaultPrompt;
  const settingsOf = (
    { prompt_name, truncate, truncation_direction: truncationSide }: TruncationFields,
    context: Context,
  ) => ({
    prompt: promptOf(prompt_name),
    truncate: truncate ?? settings.autoTruncate,
    truncationSide,
    maxBatchTokens: settings.maxBatchTokens,
    signal: context.req.raw.signal,
  });
  /** Checks the number of inputs, waits for a permit, and answers. */
  const answer = async <T>(
    context: Context,
    count: number,
    work: () => Promise<{ body: T; statistics: InputStatistics }>,
  ) => {
    noteInputs(context, count);
    checkBatchSize(count, settings.maxClientBatchSize, sizeFlag);
    const startedAt = performance.now();
    const { body, statistics } = await permits.run(work);
    setComputeHeaders(context, statistics, startedAt);
    return context.json(body);
  };

  const embed = (context: Context, body: unknown) => {
    const { inputs: given, normalize, dimensions, ...fields } = checkForm(embedForm, body, context);
    const inputs = inputsOf(given);
    noteInputs(context, inputs.length, dimensions);
    return answer(context, inputs.length, async () => {
      const how = { ...settingsOf(fields, context), normalize, dimensions };
      const { vectors, statistics } = await embedInputs(embedder, inputs, how);
      return { body: vectors.map((vector) => Array.from(vector)), statistics };
    });
  };
  const similarity = (context: Context, body: unknown) => {
    const { inputs, parameters } = checkForm(similarityForm, body, context);
    const { source_sentence: source, sentences } = inputs;
    if (sentences.length === 0)
      throw new RequestError("Empty", "`inputs.sentences` cannot be empty");
    return answer(context, sentences.length + 1, async () => {
      const empty = sentences.indexOf("");
      if (source === "") throw emptyInput("source_sentence");
      if (empty >= 0) throw emptyInput(`sentences[${empty}]`);
      const how = settingsOf(parameters ?? {}, context);
      const { vectors, statistics } = await embedInputs(embedder, [source, ...sentences], how);
      const [first, ...others] = vectors;
      const body = embedder.similarity(first!, others)[0];
      // No vectors are answered that a search could use.
      return { body, statistics: { ...statistics, unprompted: 0 } };
    });
  };
  /** Clients of Hugging Face send both kinds of body to `/`. */
  const embedOrSimilarity = async (context: Context) => {
    const body = await bodyOf(context);
    return isSimilarity(body) ? similarity(context, body) : embed(context, body);
  };

  app.post("/", embedOrSimilarity);
  app.post("/invocations", embedOrSimilarity);
  app.post("/embed", async (context) => embed(context, await bodyOf(context)));
  app.post("/similarity", async (context) => similarity(context, await bodyOf(context)));
  app.post("/embed_all", async (context) => {
    const { inputs: given, ...fields } = checkForm(embedAllForm, await bodyOf(context), context);
    const inputs = inputsOf(given);
    return answer(context, inputs.length, async () => {
      const how = settingsOf(fields, context);
      const { vectors, statistics } = await embedTokensOf(embedder, inputs, how);
      return { body: vectors.map((rows) => rows.map((row) => Array.from(row))), statistics };
    });
  });
  app.post("/tokenize", async (context) => {
    const form = checkForm(tokenizeForm, await bodyOf(context), context);
    const texts = [form.inputs].flat();
    if (texts.length === 0) throw new RequestError("Empty", "`inputs` cannot be empty");
    checkBatchSize(texts.length, settings.maxClientBatchSize, sizeFlag);
    const prompt = promptOf(form.prompt_name);
    const { add_special_tokens: addSpecialTokens } = form;
    const options = { prompt, addSpecialTokens, signal: context.req.raw.signal };
    return permits.run(async () => {
      const tokens = await Promise.all(texts.map((text) => embedder.tokenize(text, options)));
      return context.json(tokens.map((ofText, index) => teiTokens(ofText, prompt + texts[index]!)));
    });
  });
  app.post("/decode", async (context) => {
    const { ids, skip_special_tokens: skipSpecialTokens } = checkForm(
      decodeForm,
      await bodyOf(context),
      context,
    );
    if (ids.length === 0) throw new RequestError("Empty", "`inputs` cannot be empty");
    const sequences = typeof ids[0] === "number" ? [ids as number[]] : (ids as number[][]);
    checkBatchSize(sequences.length, settings.maxClientBatchSize, sizeFlag);
    return context.json(
      sequences.map((sequence) => embedder.tokenizer.decode(sequence, { skipSpecialTokens })),
    );
  });
  for (const route of ["/embed_sparse", "/predict", "/rerank"]) {
    app.post(route, () => {
      throw new RequestError("Backend", `Model is not a ${kindOf[route]} model`);
    });
  }
  app.get("/info", (context) => context.json(infoOf(embedder, settings)));
  return app;
}

const sizeFlag = "--max-client-batch-size";

const kindOf: Readonly<Record<string, string>> = {
  "/embed_sparse": "sparse embedding",
  "/predict": "classifier",
  "/rerank": "re-ranker",
};

interface TruncationFields {
  prompt_name?: string | null | undefined;
  truncate?: boolean | null | undefined;
  truncation_direction?: "left" | "right" | undefined;
}

/** A flat array of token ids is one input. */
function inputsOf(given: string | readonly number[] | readonly Input[]): Input[] {
  if (typeof given === "string") return [given];
  if (typeof given[0] === "number") return [given as readonly number[]];
  return [...(given as readonly Input[])];
}

function isSimilarity(body: unknown): boolean {
  const { inputs } = Object(body) as { inputs?: unknown };
  return typeof inputs === "object" && inputs !== null && "source_sentence" in inputs;
}

/** TEI's form of an error. A body of the wrong form is answered with plain text. */
function answerError(error: Error, context: Context): Response {
  const refused = refusalOf(error, context);
  const { message, status, type } = refused;
  if (refused instanceof BodyError) return context.text(message, status);
  return context.json({ error: message, error_type: type }, status);
}
