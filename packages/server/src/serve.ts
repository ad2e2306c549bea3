import type { Embedder } from "@embeddinggemma/core";
import type { RunningServer, ServeOptions } from "./node/serve-options.ts";

/**
 * Runs the app of `createApp` on Node's HTTP server, with metrics and `/docs`. The port opens when
 * the model has embedded its first text.
 *
 * @example
 * await using embedder = await Embedder.load("onnx-community/embeddinggemma-300m-ONNX");
 * await using server = await serve(embedder, { port: 8080 });
 *
 * @throws EmbeddingGemmaError `INVALID_ARGUMENT`, `UNKNOWN_PROMPT`; the error of Node if it cannot
 * listen, such as `EADDRINUSE`
 */
export async function serve(
  embedder: Embedder,
  options: ServeOptions = {},
): Promise<RunningServer> {
  // Not imported by applications that only call createApp: the server needs Node.
  const { startServer } = await import("./node/serve.ts");
  return startServer(embedder, options);
}
