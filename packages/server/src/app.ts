import type { Embedder } from "@embeddinggemma/core";
import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { openApiDocument } from "./docs/openapi.ts";
import { bearerKey } from "./http/bearer-key.ts";
import { limitBodyBytes } from "./http/body-budget.ts";
import { Permits } from "./http/permits.ts";
import { answerUnknownRoute } from "./http/unknown-route.ts";
import { ollamaRoutes } from "./ollama/routes.ts";
import { openAIRoutes } from "./openai/routes.ts";
import type { AppOptions } from "./options.ts";
import { Health } from "./reports/health.ts";
import { nameModel } from "./reports/name-model.ts";
import { type RequestReport, reportRequests } from "./reports/request-report.ts";
import { tell } from "./reports/tell.ts";
import { traceRequests } from "./reports/trace-requests.ts";
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
  const { apiKey, index, content, metrics, onRequest } = options;
  const permits = new Permits(settings.maxConcurrentRequests);
  const health = new Health(embedder);
  metrics?.observeRequests?.(() => permits.taken);
  const report = (of: RequestReport) => {
    health.record(of);
    if (metrics) void tell("metrics.record", () => metrics.record(of));
    if (onRequest) void tell("onRequest", () => onRequest(of));
  };
  const app = new Hono();
  app.onError(answerUnexpected);
  app.notFound(answerUnknownRoute(app));
  app.use(
    reportRequests(report),
    traceRequests(settings.servedModelName),
    nameModel(embedder.modelIdentity),
  );
  const { allowedOrigins: origin } = settings;
  if (origin) app.use(cors({ origin, allowMethods: ["GET", "POST"], exposeHeaders: ["*"] }));
  for (const route of ["/health", "/ping", "/"]) {
    app.get(route, async (context) =>
      (await health.check())
        ? context.body(null)
        : context.json({ error: "unhealthy", error_type: "Unhealthy" }, 503),
    );
  }
  if (metrics) {
    app.get("/metrics", async (context) => {
      const { body, contentType } = await metrics.render();
      return context.body(body, 200, { "content-type": contentType });
    });
  }
  app.get("/api-doc/openapi.json", (context) =>
    context.json(openApiDocument({ hasKey: apiKey !== undefined, hasStore: index !== undefined })),
  );
  if (apiKey !== undefined) app.use(bearerKey(apiKey));
  app.use(limitBodyBytes(bodiesInWork * settings.openAIPayloadLimit));
  app.route("/", txtaiRoutes({ embedder, index, content, settings, permits }));
  app.route("/", ollamaRoutes({ embedder, settings, permits }));
  app.route("/", openAIRoutes({ embedder, settings, permits }));
  app.route("/", teiRoutes({ embedder, settings, permits }));
  return app;
}

/** How many bodies of the largest size can be in work at once. */
const bodiesInWork = 16;

/** Nothing about the inside of the server leaves it. */
function answerUnexpected(_error: Error, context: Context): Response {
  return context.json({ error: "The server failed.", error_type: "Backend" }, 500);
}
