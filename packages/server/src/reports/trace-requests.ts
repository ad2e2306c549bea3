import {
  context as contexts,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { MiddlewareHandler } from "hono";
import { version } from "../version.ts";
import { reportOf } from "./request-report.ts";

/**
 * A span for each request, if the application has set up OpenTelemetry; else this does nothing. The
 * names of attributes are OpenTelemetry's.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans
 */
export function traceRequests(servedModelName: string): MiddlewareHandler {
  return async (context, next) => {
    const { method, path, raw } = context.req;
    const parent = propagation.extract(contexts.active(), raw.headers, {
      get: (headers, name) => headers.get(name) ?? undefined,
      keys: (headers) => [...headers.keys()],
    });
    const tracer = trace.getTracer("@embeddinggemma/server", version);
    const attributes = { "http.request.method": method, "url.path": path };
    const options = { kind: SpanKind.SERVER, attributes };
    await tracer.startActiveSpan(method, options, parent, async (span) => {
      const startedAt = performance.now();
      try {
        await next();
      } finally {
        const { route, status, inputs, statistics, error } = reportOf(
          context,
          performance.now() - startedAt,
        );
        if (route !== null) span.updateName(`${method} ${route}`);
        span.setAttributes({
          ...(route !== null && { "http.route": route }),
          "http.response.status_code": status,
          ...(inputs !== undefined && {
            "gen_ai.operation.name": "embeddings",
            "gen_ai.request.model": servedModelName,
            "embeddinggemma.inputs": inputs,
          }),
          ...(statistics && {
            "gen_ai.usage.input_tokens": statistics.tokens,
            "embeddinggemma.queue_time": statistics.queueTime,
            "embeddinggemma.inference_time": statistics.inferenceTime,
          }),
        });
        if (error instanceof Error) span.recordException(error);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      }
    });
  };
}
