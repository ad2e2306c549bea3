import { nearestOption } from "@embeddinggemma/internal";
import type { Context, Hono, NotFoundHandler } from "hono";

/**
 * Answers requests for which an application has no route: 405 with the methods that the path takes,
 * else 404 with the path that was probably meant.
 */
export function answerUnknownRoute({ routes }: Pick<Hono, "routes">): NotFoundHandler {
  return (context) => {
    const { method, path } = context.req;
    // Middleware is for all methods.
    const known = routes.filter((route) => route.method !== "ALL");
    const ofPath = known.filter((route) => fits(route.path, path));
    const methods = [...new Set(ofPath.map((route) => route.method))];
    if (methods.length > 0) {
      context.header("allow", methods.join(", "));
      return refuse(context, 405, `${path} takes ${methods.join(" or ")}, not ${method}.`);
    }
    const paths = [...new Set(known.map((route) => route.path))];
    return refuse(context, 404, `No such route: ${method} ${path}. ${adviceFor(path, paths)}`);
  };
}

/** The only parameter that routes here have is a name with slashes, at the end. */
function fits(route: string, path: string): boolean {
  const start = route.replace(/:\w+\{\.\+\}$/, "");
  return start === route ? path === route : path.startsWith(start) && path !== start;
}

function adviceFor(path: string, known: readonly string[]): string {
  const nearest = nearestOption(path, known);
  const all = known.includes("/docs") ? "/docs" : "/api-doc/openapi.json";
  return nearest === undefined ? `See ${all}.` : `Did you mean ${nearest}? See ${all}.`;
}

/** In the form of OpenAI's routes, or in TEI's, which clients of Ollama understand, too. */
function refuse(context: Context, status: 404 | 405, message: string): Response {
  const type = "Validation";
  if (!context.req.path.startsWith("/v1/"))
    return context.json({ error: message, error_type: type }, status);
  const error = { message, type, param: null, code: null };
  return context.json({ error, message, code: status, type }, status);
}
