import { createReadStream, existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { modelPath } from "@embeddinggemma/tiny-model";
import { defineConfig, type Plugin } from "vite";

/** Transformers.js runs its models with these files of ONNX Runtime, with or without WebGPU. */
const runtimeFiles = ["ort-wasm-simd-threaded.jsep.mjs", "ort-wasm-simd-threaded.jsep.wasm"];

/** Folders of the page, and where their files come from. */
const served = {
  "models/tiny/": modelPath,
  "ort/": dirname(fileURLToPath(import.meta.resolve("@huggingface/transformers"))),
};

export default defineConfig({
  base: "./",
  plugins: [modelsAndRuntime()],
  build: { target: "es2022", chunkSizeWarningLimit: 2_000 },
  worker: { format: "es" },
});

/** Makes the tiny model and ONNX Runtime part of the page, so that it works offline. */
function modelsAndRuntime(): Plugin {
  let outputFolder: string;
  return {
    name: "models-and-runtime",
    configResolved({ root, build }) {
      outputFolder = resolve(root, build.outDir);
    },
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const path = decodeURIComponent(new URL(request.url!, "http://localhost").pathname);
        const [folder, source] =
          Object.entries(served).find(([folder]) => path.startsWith(`/${folder}`)) ?? [];
        if (folder === undefined) return next();
        const file = join(source!, path.slice(folder.length + 1));
        if (!existsSync(file)) {
          response.writeHead(404).end();
          return;
        }
        response.setHeader(
          "content-type",
          contentTypes[extname(file)] ?? "application/octet-stream",
        );
        createReadStream(file).pipe(response);
      });
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        // Vite finds the reference to this file in Transformers.js, and would ship it twice.
        for (const file of Object.keys(bundle)) if (file.endsWith(".wasm")) delete bundle[file];
      },
    },
    async writeBundle() {
      await cp(served["models/tiny/"], join(outputFolder, "models/tiny"), { recursive: true });
      await mkdir(join(outputFolder, "ort"), { recursive: true });
      for (const file of runtimeFiles) {
        await cp(join(served["ort/"], file), join(outputFolder, "ort", file));
      }
    },
  };
}

const contentTypes: Record<string, string> = {
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};
