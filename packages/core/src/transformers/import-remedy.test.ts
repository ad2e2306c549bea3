import { expect, test } from "vitest";
import { remedyOf } from "./import-remedy.ts";

const binding = "/app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node";

// What Node.js, sharp, and the loaders of Linux, macOS and Windows say.
test.for<[code: string, message: string, remedy: RegExp]>([
  [
    "ERR_MODULE_NOT_FOUND",
    "Cannot find package '@huggingface/transformers' imported from /app/index.js",
    /npm install @huggingface\/transformers/,
  ],
  [
    "MODULE_NOT_FOUND",
    "Cannot find module '../bin/napi-v3/freebsd/x64/onnxruntime_binding.node'",
    /no binary for \w+ \w+/,
  ],
  [
    "ERR_MODULE_NOT_FOUND",
    "Cannot find package 'onnxruntime-node' imported from /app/@huggingface/transformers/x.mjs",
    /onnxruntime-common/,
  ],
  [
    "MODULE_NOT_FOUND",
    "Cannot find module '/app/node_modules/onnxruntime-common/dist/cjs/index.js'",
    /onnxruntime-common/,
  ],
  [
    "",
    "Failed to fetch dynamically imported module: http://localhost:5188/.vite/deps/transformers.js",
    /Reload the page.*optimizeDeps/,
  ],
  ["", 'Dynamic require of "child_process" is not supported', /as external/],
  [
    "ERR_DLOPEN_FAILED",
    "libonnxruntime.so.1: cannot open shared object file: No such file or directory",
    /missing or damaged/,
  ],
  ["ERR_DLOPEN_FAILED", `${binding}: file too short`, /missing or damaged/],
  [
    "ERR_DLOPEN_FAILED",
    "The specified module could not be found.\n\\\\?\\C:\\app\\onnxruntime_binding.node",
    /Visual C\+\+/,
  ],
  [
    "ERR_DLOPEN_FAILED",
    `/lib/libc.so.6: version \`GLIBC_2.38' not found (required by ${binding})`,
    /too old/,
  ],
  [
    "ERR_DLOPEN_FAILED",
    `Error loading shared library ld-linux-x86-64.so.2: No such file (needed by ${binding})`,
    /musl/,
  ],
  [
    "ERR_DLOPEN_FAILED",
    `Error loading shared library libstdc++.so.6: No such file (needed by ${binding})`,
    /musl/,
  ],
  [
    "ERR_DLOPEN_FAILED",
    `/lib64/ld-linux-x86-64.so.2: version \`GLIBC_2.35' not found (required by ${binding})`,
    /too old/,
  ],
  [
    "ERR_DLOPEN_FAILED",
    `libonnxruntime.so.1: version \`VERS_1.30.0' not found (required by ${binding})`,
    /npm ls onnxruntime-node/,
  ],
  [
    "ERR_DLOPEN_FAILED",
    `dlopen(${binding}): (mach-o file, but is an incompatible architecture)`,
    /another kind of machine/,
  ],
  ["ERR_DLOPEN_FAILED", `${binding}: invalid ELF header`, /another kind of machine/],
  ["ERR_DLOPEN_FAILED", `Module did not self-register: '${binding}'.`, /transformers@4/],
  ["ERR_DLOPEN_DISABLED", "Cannot load native addon because it is disabled.", /--no-addons/],
  ["", 'Could not load the "sharp" module\nERR_DLOPEN_DISABLED: Cannot load', /--no-addons/],
  ["", 'Could not load the "sharp" module using the linux-x64 runtime', /optional sharp/],
  ["MODULE_NOT_FOUND", "Cannot find package '@img/colour' imported from /app", /optional sharp/],
  ["ERR_ACCESS_DENIED", "Access to this API has been restricted", /--allow-fs-read/],
  ["ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING", "A dynamic import callback was not", /VM context/],
  ["", "something else, in /home/sharpness/app", /Install the packages again/],
])("%s %s", ([code, message, remedy]) => {
  const error = Object.assign(new Error(message), { code });
  expect(remedyOf(error)).toMatch(remedy);
  expect(remedyOf(new Error("It failed", { cause: error }))).toMatch(remedy);
});
