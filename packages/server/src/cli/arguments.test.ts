import { defaultModel } from "@embeddinggemma/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ProgramSettings, parseArguments, shownFlags } from "./arguments.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("shownFlags", () => {
  it("leave room for their descriptions in 80 columns", () => {
    // Commander breaks no lines if less than 40 columns are left.
    for (const { flags } of shownFlags()) expect(flags.length).toBeLessThan(36);
  });
});

describe("parseArguments", () => {
  it("has defaults", () => {
    expect(parse()).toMatchObject({
      model: defaultModel,
      load: { workers: 1 },
      serve: { autoTruncate: true, hostname: "0.0.0.0" },
      readOnly: false,
      jsonOutput: false,
      logLevel: "info",
    });
  });

  it("takes TEI's flags", () => {
    expect(
      parse(
        ..."--model-id ./model --revision main --dtype float32 --pooling last-token".split(" "),
        ..."--max-concurrent-requests 8 --max-batch-tokens 4096 --max-batch-requests 4".split(" "),
        ..."--max-client-batch-size 64 --default-prompt-name query --payload-limit 99".split(" "),
        ..."--served-model-name name --api-key key --hostname localhost -p 8080".split(" "),
        ..."--adapter ./adapters/planets".split(" "),
        ..."--hf-token token --huggingface-hub-cache /data --json-output".split(" "),
        ..."--auto-truncate false --cors-allow-origin https://a.b --cors-allow-origin *".split(" "),
      ),
    ).toMatchObject({
      model: "./model",
      load: {
        revision: "main",
        dtype: "fp32",
        pooling: "lasttoken",
        adapter: "./adapters/planets",
        batchSize: 4,
        token: "token",
        cacheDir: "/data",
      },
      serve: {
        maxConcurrentRequests: 8,
        maxBatchTokens: 4096,
        maxClientBatchSize: 64,
        defaultPromptName: "query",
        payloadLimit: 99,
        servedModelName: "name",
        apiKey: "key",
        hostname: "localhost",
        port: 8080,
        autoTruncate: false,
        corsAllowOrigin: ["https://a.b", "*"],
      },
      jsonOutput: true,
    });
  });

  it("takes TEI's environment variables, and flags before them", () => {
    vi.stubEnv("MODEL_ID", "model");
    vi.stubEnv("PORT", "80");
    vi.stubEnv("AUTO_TRUNCATE", "false");
    vi.stubEnv("MAX_CLIENT_BATCH_SIZE", "64");
    vi.stubEnv("JSON_OUTPUT", "true");
    vi.stubEnv("CORS_ALLOW_ORIGIN", "https://a.b, https://c.d");
    vi.stubEnv("OPENAI_PAYLOAD_LIMIT", "5");
    vi.stubEnv("DTYPE", "");
    expect(parse("--port", "8080")).toMatchObject({
      model: "model",
      load: { dtype: undefined },
      serve: {
        port: 8080,
        autoTruncate: false,
        maxClientBatchSize: 64,
        openAIPayloadLimit: 5,
        corsAllowOrigin: ["https://a.b", "https://c.d"],
      },
      jsonOutput: true,
    });
  });

  it("takes names of Hugging Face's libraries for TEI's", () => {
    for (const flag of ["-m", "--model"]) expect(parse(flag, "./model").model).toBe("./model");
    expect(parse("--cache-dir", "/data").load.cacheDir).toBe("/data");
    expect(parse("--offline").load.localFilesOnly).toBe(true);
  });

  it("does not take the HOSTNAME of a container", () => {
    vi.stubEnv("HOSTNAME", "0123456789ab");
    expect(parse().serve.hostname).toBe("0.0.0.0");
  });

  it.each([
    ["--workers 0", { workers: undefined }],
    ["--workers 3", { workers: 3 }],
    ["--workers auto", { workers: "auto" }],
  ])("takes %s", (flags, load) => {
    expect(parse(...flags.split(" "))).toMatchObject({ load });
  });

  it("names TEI's flags that have no effect", () => {
    vi.stubEnv("OTLP_ENDPOINT", "http://localhost:4317");
    const { unused } = parse("--tokenization-workers", "4", "--disable-spans");
    expect(unused).toEqual(["--tokenization-workers", "--disable-spans"]);
  });

  it.each([
    "--port 65536",
    "--port -1",
    "--port 8o80",
    "--max-client-batch-size 0",
    "--max-client-batch-size 1.5",
    "--auto-truncate maybe",
    "--log-level loud",
    "--workers many",
    "--cors-allow-origin localhost:5173",
    "--cors-allow-origin https://a.b,c.d",
    "--cors-allow-origin https://*.a.b",
    "--cors-allow-origin https://a.b/page",
    "--default-prompt a --default-prompt-name query",
    "--unknown",
    "argument",
  ])("refuses %s", (flags) => {
    expect(refusal(...flags.split(" "))).toMatch(/^error: /);
  });

  it("refuses an empty key", () => {
    expect(refusal("--api-key", "")).toContain("--api-key is empty; leave it out, or set a key.");
    vi.stubEnv("API_KEY", "");
    expect(refusal()).toContain("API_KEY is empty; unset it, or set a key.");
    expect(parse("--api-key", "secret").serve.apiKey).toBe("secret");
  });

  it("shows the defaults of limits", () => {
    const limits = shownFlags().filter(({ flags }) => /<(count|bytes|seconds|port)>$/.test(flags));
    expect(limits.length).toBeGreaterThan(10);
    for (const { description, defaultValue } of limits)
      if (defaultValue === undefined) expect(description).toMatch(/ by default$/);
  });

  it("refuses a variable with a wrong value", () => {
    vi.stubEnv("PORT", "http");
    expect(refusal()).toContain("PORT");
  });
});

function parse(...flags: string[]): ProgramSettings {
  return parseArguments(flags);
}

/** What is printed about wrong flags. */
function refusal(...flags: string[]): string {
  let printed = "";
  const print = (text: string) => {
    printed += text;
  };
  expect(() => parseArguments(flags, { print })).toThrow(expect.objectContaining({ exitCode: 1 }));
  return printed;
}
