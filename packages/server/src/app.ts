import { Hono } from "hono";

/** A web-standard `fetch` handler: `app.fetch`. It can be mounted in any Hono application. */
export function createApp(): Hono {
  const app = new Hono();
  app.get("/health", (context) => context.body(null, 200));
  return app;
}
