import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Embedder } from "@embeddinggemma/core";
import { createWith, type Rule, type Rules, rules } from "@embeddinggemma/internal";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { createApp } from "../app.ts";
import { checker } from "../checker.ts";
import { answerUnknownRoute } from "../http/unknown-route.ts";
import { ServerMetrics } from "../metrics/server-metrics.ts";
import type { AppOptions } from "../options.ts";
import { RunningRequests } from "./running-requests.ts";
import {
  type CloseReport,
  defaultShutdownTimeout,
  type RunningServer,
  type ServeOptions,
} from "./serve-options.ts";
import { addSwaggerUi } from "./swagger-ui.ts";

/** The program of `serve`. */
export async function startServer(
  embedder: Embedder,
  options: ServeOptions,
): Promise<RunningServer> {
  const {
    hostname = "0.0.0.0",
    port = 3000,
    headersTimeout = 15_000,
    requestTimeout = 60_000,
    keepAliveTimeout = 75_000,
    shutdownTimeout = defaultShutdownTimeout,
  } = options;
  const requests = new RunningRequests();
  const metrics = options.metrics ?? (await ServerMetrics.create({ process: true }));
  const routes = createWith(checker, serverRules, options, (others: AppOptions) =>
    createApp(embedder, { ...others, metrics }),
  );
  const app = new Hono();
  // Hono asks only the outer application.
  app.notFound(answerUnknownRoute(app));
  addSwaggerUi(app);
  app.route("/", routes);
  // Clients of Hugging Face repeat a request at once if it fails: the port opens when all is ready.
  await embedder.encode("warm up", { cache: null });
  const server = createAdaptorServer({
    fetch: (request, bindings) => {
      requests.add(bindings.outgoing as ServerResponse);
      return app.fetch(request, { ...bindings, connections: requests });
    },
    serverOptions: {
      // Node wants the headers to be a part of the request; 0 is no limit.
      headersTimeout: Math.min(headersTimeout, requestTimeout || headersTimeout),
      requestTimeout,
      keepAliveTimeout,
      connectionsCheckingInterval: Math.min(5000, headersTimeout || 5000, requestTimeout || 5000),
    },
  }) as Server;
  const { port: listensOn } = await listen(server, port, hostname);
  let closing: Promise<CloseReport> | undefined;
  const close = () => (closing ??= drain(server, shutdownTimeout, requests));
  return {
    hostname,
    port: listensOn,
    url: `http://${urlHost(hostname)}:${listensOn}`,
    close,
    [Symbol.asyncDispose]: async () => void (await close()),
  };
}

const milliseconds: Rule = {
  expected: "a number of milliseconds, at least 0",
  accepts: (value) => typeof value === "number" && value >= 0,
};

const serverRules: Rules<Omit<ServeOptions, keyof AppOptions>> = {
  hostname: rules.text,
  port: {
    expected: "a whole number from 0 to 65535",
    accepts: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
  },
  headersTimeout: milliseconds,
  requestTimeout: milliseconds,
  keepAliveTimeout: milliseconds,
  shutdownTimeout: milliseconds,
};

function listen(server: Server, port: number, hostname: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** Takes no more connections, answers the requests that are there, and then ends. */
function drain(server: Server, timeout: number, requests: RunningRequests): Promise<CloseReport> {
  return new Promise((resolve, reject) => {
    let unanswered = 0;
    const timer = setTimeout(() => {
      unanswered = requests.count;
      requests.cut();
      server.closeAllConnections();
    }, timeout);
    requests.closeAfterAnswers();
    const closeIdleConnections = server.closeIdleConnections.bind(server);
    // Also called by `close` of Node.
    server.closeIdleConnections = () => {
      if (!requests.areSending) closeIdleConnections();
    };
    // A connection that is kept alive becomes idle with its answer.
    const sweeper = setInterval(() => server.closeIdleConnections(), 50);
    server.close((error) => {
      clearTimeout(timer);
      clearInterval(sweeper);
      if (error) reject(error);
      else resolve({ unanswered });
    });
  });
}

function urlHost(hostname: string): string {
  if (hostname === "0.0.0.0" || hostname === "::") return "localhost";
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
