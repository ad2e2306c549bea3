import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { SharedPromise } from "@embeddinggemma/internal";
import type { Hono } from "hono";

/** The page at `/docs`, which shows `/api-doc/openapi.json`. */
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>EmbeddingGemma server</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({ url: "api-doc/openapi.json", dom_id: "#swagger-ui" });
</script>
</body>
</html>
`;

const contentTypes = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
};

/** Adds `/docs`, whose files are read when they are asked for first. */
export function addSwaggerUi(app: Hono): void {
  app.get("/docs", (context) => context.html(page));
  for (const [name, contentType] of Object.entries(contentTypes)) {
    const file = new SharedPromise(() => readUiFile(name));
    app.get(`/docs/${name}`, async (context) =>
      context.body(await file.get(), 200, {
        "content-type": contentType,
        "cache-control": "public, max-age=86400",
      }),
    );
  }
}

/** The build puts the files beside the built modules. */
async function readUiFile(name: string): Promise<string> {
  try {
    return await readFile(new URL(`./swagger-ui/${name}`, import.meta.url), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    // Not built: the sources run with their development dependencies.
    return readFile(createRequire(import.meta.url).resolve(`swagger-ui-dist/${name}`), "utf8");
  }
}
