import { createReadStream, existsSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { modelPath } from "@embeddinggemma/tiny-model";
import { defineConfig, type Plugin } from "vite";

/** The builds of ONNX Runtime that the worker chooses from: without WebGPU, and with it. */
const runtimeFiles = ["ort-wasm-simd-threaded", "ort-wasm-simd-threaded.jsep"].flatMap((build) => [
  `${build}.mjs`,
  `${build}.wasm`,
]);
/** The package that Transformers.js uses, since its code and these files must be of one version. */
const runtime = createRequire(import.meta.resolve("@huggingface/transformers")).resolve(
  "onnxruntime-web",
);

/** Folders of the page, and where their files come from. */
const served = {
  "models/tiny/": modelPath,
  "ort/": dirname(runtime),
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
      // Transformers.js asks for it, and a missing file would be an error in the browser's console.
      await writeFile(join(outputFolder, "models/tiny/generation_config.json"), "{}\n");
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
