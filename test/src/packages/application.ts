import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { npm, type PackageManager } from "./package-managers.ts";

const consumers = fileURLToPath(new URL("consumers", import.meta.url));
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** An application in a new folder. Installs packages, and compiles and runs programs with them. */
export class Application {
  readonly #folder: string;
  readonly #manager: PackageManager;

  /**
   * @param registry address of a registry for the scope `@embeddinggemma`
   */
  constructor(folder: string, registry: string, manager = npm) {
    this.#folder = folder;
    this.#manager = manager;
    mkdirSync(folder, { recursive: true });
    const manifest = JSON.stringify({ name: "application", private: true });
    const files = { "package.json": manifest, ...manager.files(registry) };
    for (const [name, text] of Object.entries(files)) writeFileSync(this.path(name), text);
  }

  path(...segments: string[]): string {
    return join(this.#folder, ...segments);
  }

  /**
   * Adds dependencies. Where install scripts run, the one of onnxruntime-node would fail without
   * the variable that docs/start/install.md names.
   *
   * @returns all that the package manager prints
   */
  async install(...dependencies: string[]): Promise<string> {
    const { add, prefix = "" } = this.#manager;
    const { stdout, stderr } = await this.#execute(
      [...(await add()), ...dependencies.map((dependency) => `${prefix}${dependency}`)],
      { ...withoutDownloads, ONNXRUNTIME_NODE_INSTALL_CUDA: "skip" },
    );
    return `${stdout}\n${stderr}`;
  }

  /** Runs the install script of onnxruntime-node, which cannot download. */
  async downloadCuda(variables: Record<string, string> = {}): Promise<void> {
    const script = this.path("node_modules/onnxruntime-node/script/install.js");
    await this.#execute([process.execPath, script], { ...withoutDownloads, ...variables });
  }

  async uninstall(dependency: string): Promise<void> {
    const options = ["--ignore-scripts", "--no-audit", "--no-fund"];
    await this.#execute(["npm", "uninstall", ...options, dependency]);
  }

  /**
   * Copies this clone's addon into the installed `faiss-node`. Users get the addon from its install
   * script.
   */
  copyAddon(): void {
    const build = fileURLToPath(new URL("../../../node_modules/faiss-node/build", import.meta.url));
    cpSync(build, this.path("node_modules/faiss-node/build"), { recursive: true });
  }

  /**
   * Compiles each `consumers/<name>.ts` with strict settings as an ES module and as a CommonJS one,
   * and for a bundler. Together, they take little more time than one.
   *
   * @param options more compiler options
   * @throws with the compiler's errors
   */
  async compile(names: readonly string[], options: object = {}): Promise<void> {
    const filesOf = (extension: string) => names.map((name) => `${name}.${extension}`);
    for (const extension of ["mts", "cts"])
      for (const [index, file] of filesOf(extension).entries())
        copyFileSync(join(consumers, `${names[index]}.ts`), this.path(file));
    const strict = {
      ...{ strict: true, exactOptionalPropertyTypes: true, target: "es2022" },
      skipDefaultLibCheck: true, // The declarations of the compiler itself take half the time.
      ...options,
    };
    const node = { ...strict, module: "nodenext" };
    const bundler = { ...strict, module: "esnext", moduleResolution: "bundler", noEmit: true };
    await this.#compileProject("nodenext", {
      compilerOptions: node,
      files: [...filesOf("mts"), ...filesOf("cts")],
    });
    await this.#compileProject("bundler", { compilerOptions: bundler, files: filesOf("mts") });
  }

  /** Makes `<name>.mjs` and `<name>.cjs` of a consumer, like {@link compile} but unchecked. */
  transpile(name: string): void {
    const source = readFileSync(join(consumers, `${name}.ts`), "utf8");
    for (const [extension, module] of Object.entries({
      mjs: ts.ModuleKind.ESNext,
      cjs: ts.ModuleKind.CommonJS,
    })) {
      const compilerOptions = { module, target: ts.ScriptTarget.ES2022 };
      const { outputText } = ts.transpileModule(source, { compilerOptions });
      writeFileSync(this.path(`${name}.${extension}`), outputText);
    }
  }

  /**
   * Runs a compiled program in a new process without a network, and resolves to the JSON that it
   * prints.
   */
  async run(file: string): Promise<unknown> {
    return JSON.parse((await this.#execute([...(await this.#manager.run()), file])).stdout);
  }

  /** Runs a command in the folder of the application, and resolves to its standard output. */
  async execute(...command: string[]): Promise<string> {
    return (await this.#execute(command, { NEXT_TELEMETRY_DISABLED: "1" })).stdout;
  }

  async #compileProject(name: string, config: object): Promise<void> {
    writeFileSync(this.path(`tsconfig.${name}.json`), JSON.stringify(config));
    await this.#execute([process.execPath, compiler, "--project", `tsconfig.${name}.json`]);
  }

  async #execute(command: string[], variables: Variables = {}): Promise<Output> {
    const [program, ...args] = command as [string, ...string[]];
    const env = { ...process.env, ...variables };
    try {
      return await promisify(execFile)(program, args, { cwd: this.#folder, env });
    } catch (error) {
      const { message, stdout, stderr } = error as Error & Partial<Output>;
      throw new Error(`${message}\n${stdout ?? ""}\n${stderr ?? ""}`);
    }
  }
}

type Variables = Record<string, string | undefined>;

interface Output {
  stdout: string;
  stderr: string;
}

/** Lets install scripts run, but not download: nothing listens on port 9. */
const withoutDownloads = {
  npm_config_ignore_scripts: "false",
  npm_package_json: undefined, // With that of `npm test`, the script of onnxruntime-node ends.
  GLOBAL_AGENT_HTTPS_PROXY: "http://127.0.0.1:9",
};
