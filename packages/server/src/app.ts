import type { Embedder } from "@embeddinggemma/core";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { bearerKey } from "./http/bearer-key.ts";
import { tooLargeMessage } from "./http/json-body.ts";
import { Permits } from "./http/permits.ts";
import { openAIRoutes } from "./openai/routes.ts";
import type { AppOptions } from "./options.ts";
import { settingsOf } from "./settings.ts";
import { teiRoutes } from "./tei/routes.ts";
import { txtaiRoutes } from "./txtai/routes.ts";

/**
 * An HTTP server for an embedder, as a Hono application. Its `fetch` is a web-standard handler, for
 * Next.js, Bun, Deno or any Hono application.
 *
 * @example
 * export default createApp(await Embedder.load("onnx-community/embeddinggemma-300m-ONNX"));
 *
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`, `UNKNOWN_PROMPT`
 */
export function createApp(embedder: Embedder, options: AppOptions = {}): Hono {
  const settings = settingsOf(embedder, options);
  const { apiKey, corsAllowOrigin, index, content } = options;
  const permits = new Permits(settings.maxConcurrentRequests);
  const app = new Hono();
  app.onError(answerUnexpected);
  if (corsAllowOrigin !== undefined) {
    const origin = typeof corsAllowOrigin === "string" ? corsAllowOrigin : [...corsAllowOrigin];
    app.use(cors({ origin, allowMethods: ["GET", "POST"] }));
  }
  for (const route of ["/health", "/ping", "/"]) app.get(route, (context) => context.body(null));
  if (apiKey !== undefined) app.use(bearerKey(apiKey));
  app.use(
    bodyLimit({
      maxSize: settings.openAIPayloadLimit,
      onError: tooLarge(settings.openAIPayloadLimit),
    }),
  );
  app.route("/", txtaiRoutes({ embedder, index, content }));
  app.route("/", openAIRoutes({ embedder, settings, permits }));
  app.route("/", teiRoutes({ embedder, settings, permits }));
  return app;
}

function tooLarge(maxBytes: number): (context: Context) => Response {
  return (context) => context.text(tooLargeMessage(maxBytes), 413);
}

/** Nothing about the inside of the server leaves it. */
function answerUnexpected(_error: Error, context: Context): Response {
  return context.json({ error: "The server failed.", error_type: "Backend" }, 500);
}
