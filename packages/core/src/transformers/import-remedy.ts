import { reasonOf } from "../errors.ts";

interface Remedy {
  /** Found in the code and the message of the error, or of one of its causes. */
  readonly sign: RegExp;
  readonly advice: string;
}

/**
 * What to do about an error with which Transformers.js or one of its native modules refuses to
 * start. Specific signs come first.
 */
export function remedyOf(error: unknown): string {
  const said = whatItSays(error);
  return remedies.find(({ sign }) => sign.test(said))?.advice ?? reinstall;
}

const reinstall =
  "Install the packages again on this machine: remove `node_modules` and run `npm install` " +
  "without `--omit=optional`.";

const remedies: readonly Remedy[] = [
  {
    sign: /ERR_VM_|dynamic import callback|--experimental-vm-modules/i,
    advice:
      "This code runs in a VM context, as in Jest, which cannot import modules. Update Node.js, " +
      "or run Jest with `NODE_OPTIONS=--experimental-vm-modules`. The option `worker: true` does " +
      "not help here.",
  },
  {
    sign: /ERR_ACCESS_DENIED/,
    advice:
      "Node's permission model forbids it. Start Node.js with `--allow-addons`, and with " +
      "`--allow-fs-read` for `node_modules` and for the folder of the model.",
  },
  {
    sign: /ERR_DLOPEN_DISABLED/,
    advice:
      "Node.js was started with `--no-addons`, or with `--permission` and without " +
      "`--allow-addons`. Allow addons: ONNX Runtime is one.",
  },
  {
    sign: /["'/\\]sharp["'/\\]|@img\/|libvips/i,
    advice:
      "Transformers.js needs the package `sharp` to start, also for texts. Install it for this " +
      "platform: `npm install --include=optional sharp`.",
  },
  {
    sign: /did not self-register/i,
    advice:
      "ONNX Runtime 1.21, which Transformers.js 3 uses, cannot be loaded again by another " +
      "thread. Install `@huggingface/transformers@4`, or import it in the main thread first.",
  },
  {
    sign: /VERS_\d/,
    advice:
      "This process has already loaded another version of ONNX Runtime. " +
      "`npm ls onnxruntime-node` lists the packages that bring one; let them use the same " +
      "version.",
  },
  {
    sign: /musl|Error (?:loading shared library|relocating)/i, // Only the loader of musl says so.
    advice:
      "ONNX Runtime has no binary for musl, as in Alpine Linux. Use an image with glibc, such as " +
      "`node:22-bookworm-slim`.",
  },
  {
    sign: /GLIBC|libstdc\+\+/,
    advice:
      "The C or C++ library of this system is too old for ONNX Runtime. Use a newer system, such " +
      "as the image `node:22-bookworm-slim`.",
  },
  {
    sign: /wrong ELF class|invalid ELF header|incompatible architecture|mach-o|not a valid Win32/i,
    advice:
      "`node_modules` was installed on another kind of machine. Do not copy it: run " +
      "`npm install` on this one.",
  },
  {
    sign: /Cannot find (?:module|package).*onnxruntime_binding/,
    advice:
      `ONNX Runtime has no binary for ${platformName()} here. It has them for Linux (glibc), ` +
      "macOS and Windows, on x64 and arm64. If this is one of them, run `npm install` again on " +
      "this machine; if a bundler or a deployment leaves files out, mark `onnxruntime-node` as " +
      "external and copy its folder `bin`.",
  },
  {
    sign: /Cannot find (?:module|package).*onnxruntime/,
    advice:
      "Run `npm install` again on this machine. If a bundler or a deployment leaves files out, " +
      'as Next.js does with `output: "standalone"`, mark `onnxruntime-node` as external, and ' +
      "copy the packages `onnxruntime-node` and `onnxruntime-common` whole.",
  },
  {
    // As Chromium, Firefox and Safari say it.
    sign: /dynamically imported module|importing a module script/i,
    advice:
      "The page could not fetch a file of the bundler. Reload the page. In a development server " +
      "of Vite, name the packages in `optimizeDeps.include`, so that they are ready before the " +
      "page asks for them.",
  },
  {
    sign: /Dynamic require of/,
    advice:
      "ONNX Runtime or sharp is in a bundle, which native addons cannot be. Mark " +
      "`onnxruntime-node` and `sharp` as external.",
  },
  {
    sign: /ERR_DLOPEN_FAILED|dlopen|shared object|Library not loaded|specified module/i,
    advice:
      "A shared library is missing or damaged. Install the packages again on this machine; on " +
      "Windows, install the Visual C++ Redistributable, too.",
  },
  {
    sign: /@huggingface\/transformers/,
    advice:
      "Run `npm install @huggingface/transformers`. If a bundler has left it out, mark it as " +
      "external.",
  },
];

function platformName(): string {
  const { platform = "this platform", arch = "" } = globalThis.process ?? {};
  return `${platform} ${arch}`.trim();
}

function whatItSays(error: unknown, depth = 0): string {
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown };
  const own = `${code ?? ""} ${reasonOf(error)}`;
  return cause !== undefined && depth < 5 ? `${own} ${whatItSays(cause, depth + 1)}` : own;
}
