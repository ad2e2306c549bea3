import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { propagation, SpanKind, type TextMapPropagator, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createApp } from "../app.ts";
import { DocumentIndex } from "../documents/document-index.ts";
import { ServerMetrics } from "../metrics/server-metrics.ts";
import type { AppOptions } from "../options.ts";
import { tinyEmbedder } from "../testing/tiny.ts";
import { Health } from "./health.ts";
import type { RequestReport } from "./request-report.ts";

const reports: RequestReport[] = [];

beforeEach(() => {
  reports.length = 0;
});

async function request(path: string, body?: unknown, options: AppOptions = {}): Promise<Response> {
  const app = createApp(await tinyEmbedder(), {
    ...options,
    onRequest: (report) => reports.push(report),
  });
  if (body === undefined) return app.request(path);
  return app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

describe("onRequest", () => {
  it("has what embedding took", async () => {
    await request("/embed", { inputs: ["Mars", "Venus"] });
    expect(reports).toEqual([
      {
        method: "POST",
        route: "/embed",
        status: 200,
        duration: expect.any(Number),
        inputs: 2,
        dimensions: undefined,
        misspelt: [],
        truncated: [],
        statistics: expect.objectContaining({ characters: 9, tokens: expect.any(Number) }),
        errorType: null,
        param: null,
        error: undefined,
      },
    ]);
  });

  it.each([
    { path: "/embed", body: { inputs: "Mars" } },
    { path: "/v1/embeddings", body: { input: "Mars", model: "a" } },
    { path: "/api/embed", body: { input: "Mars", model: "a" } },
  ])("has the dimensions that $path was asked for", async ({ path, body }) => {
    await request(path, { ...body, dimensions: 100 });
    expect(reports).toMatchObject([{ route: path, status: 200, dimensions: 100 }]);
  });

  it("has fields that seem to be misspelt, and the number of texts without a prompt", async () => {
    const prompted = ["task: search result | query: a", "title: b | text: c"];
    await request("/embed", { inputs: ["a", ...prompted, [2, 5, 1]], promt_name: "query" });
    await request("/embed", { inputs: "a", prompt_name: "query" });
    await request("/v1/embeddings", { input: ["a", "b"], model: "tiny:document", user: "me" });
    expect(reports.map(({ misspelt }) => misspelt)).toEqual([
      [{ field: "promt_name", meant: "prompt_name" }],
      [],
      [],
    ]);
    expect(reports.map(({ statistics }) => statistics?.unprompted)).toEqual([1, 0, 0]);
  });

  it("has fields that seem to be misspelt in requests of txtai", async () => {
    const folder = await mkdtemp(join(tmpdir(), "server-reports-"));
    const index = await DocumentIndex.open(folder, await tinyEmbedder());
    await request("/search?query=red&limt=2", undefined, { index });
    await request("/batchsearch", { queries: ["red"], limt: 1 }, { index });
    await request("/add", [{ text: "Mars", titel: "a" }], { index });
    await index.close();
    await rm(folder, { recursive: true });
    const limit = { field: "limt", meant: "limit" };
    expect(reports.map(({ misspelt }) => misspelt)).toEqual([[limit], [limit], []]);
  });

  it.each(["/similarity", "/"])("counts no texts of %s, which answers no vectors", async (path) => {
    await request(path, { inputs: { source_sentence: "a", sentences: ["b"] } });
    expect(reports).toMatchObject([{ route: path, status: 200, statistics: { unprompted: 0 } }]);
  });

  it.each([
    { path: "/embed", body: { inputs: "" }, errorType: "Empty", param: null },
    { path: "/embed", body: { inputs: 1 }, errorType: "Validation", param: "inputs" },
    {
      path: "/embed",
      body: { inputs: "a", prompt_name: "nope" },
      errorType: "Validation",
      param: "prompt_name",
    },
    { path: "/rerank", body: {}, errorType: "Backend", param: null },
    {
      path: "/v1/embeddings",
      body: { input: [1], model: "a" },
      errorType: "Validation",
      param: "input",
    },
    { path: "/api/embed", body: {}, errorType: "Validation", param: "model" },
    { path: "/batchsimilarity", body: {}, errorType: "Validation", param: "queries" },
  ])("has the kind of the failure of $path, and the field", async ({ path, body, ...failure }) => {
    await request(path, body);
    expect(reports).toMatchObject([{ route: path, ...failure, error: undefined }]);
  });

  it("has the error of the embedder", async () => {
    const embedder = await Embedder.load((await tinyEmbedder()).model);
    await embedder.dispose();
    const onRequest = (report: RequestReport) => void reports.push(report);
    const headers = { "content-type": "application/json" };
    const response = await createApp(embedder, { onRequest }).request("/embed", {
      method: "POST",
      headers,
      body: JSON.stringify({ inputs: "a" }),
    });
    expect(response.status).toBe(424);
    const error = expect.objectContaining({ code: "DISPOSED" });
    expect(reports).toMatchObject([{ status: 424, errorType: "Backend", error }]);
  });

  it("has the pattern of a route, and none for an unknown path", async () => {
    await request("/v1/models/name");
    await request("/no/such/path");
    expect(reports.map(({ route }) => route)).toEqual(["/v1/models/:name{.+}", null]);
  });

  it.each(["/health", "/ping", "/", "/api-doc/openapi.json"])(
    "has the pattern of %s, which needs no key",
    async (path) => {
      await request(path, undefined, { apiKey: "secret" });
      expect(reports).toMatchObject([{ route: path, status: 200 }]);
    },
  );

  it("can fail without effect on the answer, which is a warning", async () => {
    const warnings: (Error & { code?: string })[] = [];
    const listen = (warning: Error) => void warnings.push(warning);
    process.on("warning", listen);
    const fail = () => {
      throw new Error("out of coffee");
    };
    const app = createApp(await tinyEmbedder(), {
      metrics: { record: fail, render: async () => ({ contentType: "text/plain", body: "" }) },
      onRequest: async () => fail(),
    });
    expect((await app.request("/info")).status).toBe(200);
    await expect
      .poll(() => warnings.map(({ code, message }) => `${code}: ${message}`))
      .toEqual([
        "EMBEDDINGGEMMA_REPORT_FAILED: `metrics.record` failed after a request: out of coffee",
        "EMBEDDINGGEMMA_REPORT_FAILED: `onRequest` failed after a request: out of coffee",
      ]);
    process.off("warning", listen);
  });

  it("has the error that was not expected, which the answer has not", async () => {
    const failure = new Error("out of coffee");
    const response = await request("/metrics", undefined, {
      metrics: { record: () => {}, render: () => Promise.reject(failure) },
    });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("coffee");
    expect(reports).toMatchObject([{ status: 500, errorType: "Backend", error: failure }]);
  });
});

it("answers with vectors name the model", async () => {
  const { headers } = await request("/embed", { inputs: "Mars" });
  const name = headers.get("x-model-identity");
  expect(name).toMatch(/^[0-9a-f]{32}$/);
  const others = await request("/v1/embeddings", { input: "Mars", model: "a" });
  expect(others.headers.get("x-model-identity")).toBe(name);
  expect((await request("/embed", {})).headers.get("x-model-identity")).toBeNull();
});

describe("ServerMetrics", () => {
  it("counts requests, inputs and failures by TEI's names", async () => {
    const metrics = await ServerMetrics.create();
    await request("/embed", { inputs: "Mars" }, { metrics });
    await request("/embed", { inputs: ["Mars", "Venus"] }, { metrics });
    await request("/v1/embeddings", { input: ["Mars"], model: "a" }, { metrics });
    await request("/embed", { inputs: Array(33).fill("a") }, { metrics });
    const response = await request("/metrics", undefined, { metrics });
    expect(response.headers.get("content-type")).toContain("text/plain");
    const text = await response.text();
    for (const line of [
      'te_request_count{method="single"} 2',
      'te_request_count{method="batch"} 2',
      'te_request_success{method="single"} 2',
      'te_request_success{method="batch"} 1',
      'te_request_failure{err="validation"} 1',
      "te_embed_count 37",
      "te_embed_success 4",
      "te_request_duration_count 3",
      "te_request_inference_duration_count 3",
      "te_request_input_length_count 3",
      "te_queue_size 0",
    ]) {
      expect(text).toContain(line);
    }
    const series = text.match(/^[a-z_]+({.*})?(?= )/gm)!;
    expect(series.length).toBeGreaterThan(300);
    expect(series.filter((name, at) => series.indexOf(name) !== at)).toEqual([]);
  });
});

it("counts what the routes of txtai embed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "server-reports-"));
  const index = await DocumentIndex.open(folder, await tinyEmbedder());
  const metrics = await ServerMetrics.create();
  const options = { index, metrics };
  await request("/add", [{ text: "Mars" }, { text: "Venus" }], options);
  await request("/upsert", undefined, options);
  await request("/upsert", undefined, options);
  await request("/search?query=red", undefined, options);
  await request("/similarity", { query: "red", texts: ["Mars"] }, options);
  await request("/transform?text=red", undefined, options);
  await index.close();
  await rm(folder, { recursive: true });
  expect(reports.map(({ inputs, statistics }) => [inputs, statistics?.characters])).toEqual([
    [undefined, undefined],
    [2, 9],
    [undefined, undefined],
    [1, 3],
    [2, 7],
    [1, 3],
  ]);
  const text = await (await request("/metrics", undefined, options)).text();
  for (const line of [
    'te_request_success{method="single"} 2',
    'te_request_success{method="batch"} 2',
    "te_embed_success 6",
    "te_request_inference_duration_count 4",
  ]) {
    expect(text).toContain(line);
  }
});

it("counts no requests of txtai that embed nothing, and answers them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "server-reports-"));
  const index = await DocumentIndex.open(folder, await tinyEmbedder());
  const options = { index, metrics: await ServerMetrics.create() };
  for (const [path, body] of [
    ["/batchtransform", []],
    ["/batchsearch", { queries: [] }],
    ["/batchsimilarity", { queries: [], texts: [] }],
  ] as const) {
    const response = await request(path, body, options);
    expect([path, response.status, await response.json()]).toEqual([path, 200, []]);
  }
  await index.close();
  await rm(folder, { recursive: true });
  expect(reports.map(({ inputs, statistics }) => [inputs, statistics])).toEqual(
    Array(3).fill([0, undefined]),
  );
  const text = await (await request("/metrics", undefined, options)).text();
  expect(text).not.toMatch(/^te_request_(count|success|failure)\{/m);
});

describe("traces", () => {
  const exporter = new InMemorySpanExporter();

  /** Takes the ids of the header `traceparent`, as W3C's propagator does. */
  const propagator: TextMapPropagator = {
    inject: () => {},
    fields: () => ["traceparent"],
    extract(context, carrier, getter) {
      const [, traceId, spanId] = String(getter.get(carrier, "traceparent")).split("-");
      if (!traceId || !spanId) return context;
      return trace.setSpanContext(context, { traceId, spanId, traceFlags: 1, isRemote: true });
    },
  };

  beforeAll(() => {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
    propagation.setGlobalPropagator(propagator);
  });

  beforeEach(() => exporter.reset());

  it("have a span for a request", async () => {
    await request("/embed", { inputs: ["Mars", "Venus"] }, { servedModelName: "tiny" });
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      name: "POST /embed",
      kind: SpanKind.SERVER,
      attributes: {
        "http.request.method": "POST",
        "http.route": "/embed",
        "http.response.status_code": 200,
        "gen_ai.operation.name": "embeddings",
        "gen_ai.request.model": "tiny",
        "gen_ai.usage.input_tokens": expect.any(Number),
        "embeddinggemma.inputs": 2,
      },
    });
  });

  it("continue the trace of the client", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const app = createApp(await tinyEmbedder());
    await app.request("/health", { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    expect(exporter.getFinishedSpans()[0]!.spanContext().traceId).toBe(traceId);
  });
});

describe("Health", () => {
  const failed = { errorType: "Backend", statistics: undefined } as RequestReport;

  it("asks the embedder only after a failure", async () => {
    let calls = 0;
    let fails = true;
    const health = new Health({
      encode: (async () => {
        calls++;
        if (fails) throw new Error("no");
        return new Float32Array(1);
      }) as never,
    });
    expect(await health.check()).toBe(true);
    expect(calls).toBe(0);
    health.record(failed);
    expect(await health.check()).toBe(false);
    fails = false;
    expect(await health.check()).toBe(true);
    expect(await health.check()).toBe(true);
    expect(calls).toBe(2);
  });

  it("is 503 at /health when the embedder does not work", async () => {
    const embedder = await Embedder.load((await tinyEmbedder()).model);
    const app = createApp(embedder);
    expect((await app.request("/health")).status).toBe(200);
    await embedder.dispose();
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ inputs: "a" });
    expect((await app.request("/embed", { method: "POST", headers, body })).status).toBe(424);
    const response = await app.request("/health");
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: "unhealthy", error_type: "Unhealthy" });
  });
});
