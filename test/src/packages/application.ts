import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { npm, type PackageManager } from "./package-managers.ts";

const consumers = fileURLToPath(new URL("consumers", import.meta.url));

/** The compilers that applications use. The newest takes a fraction of the time. */
const compilers = { 6: compilerOf("typescript"), 7: compilerOf("typescript-7") };

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
   * and for a bundler.
   *
   * @param hosts - consumers that use a framework, whose own declarations have errors
   * @param plain - consumers for which all declarations are checked
   * @param version - of TypeScript
   * @throws with the compiler's errors
   */
  async compile(
    hosts: readonly string[],
    plain: readonly string[] = [],
    version: keyof typeof compilers = 7,
  ): Promise<void> {
    for (const name of [...hosts, ...plain])
      for (const extension of ["mts", "cts"])
        copyFileSync(join(consumers, `${name}.ts`), this.path(`${name}.${extension}`));
    const strict = {
      ...{ strict: true, exactOptionalPropertyTypes: true, target: "es2022", types: ["node"] },
      skipDefaultLibCheck: true, // The declarations of the compiler itself take half the time.
    };
    const node = { ...strict, module: "nodenext" };
    const bundler = { ...strict, module: "esnext", moduleResolution: "bundler", noEmit: true };
    const esm = (name: string) => `${name}.mts`;
    const both = (name: string) => [esm(name), `${name}.cts`];
    const projects = {
      "hosts.json": {
        compilerOptions: { ...node, skipLibCheck: true },
        files: hosts.flatMap(both),
      },
      "plain.json": { compilerOptions: node, files: plain.flatMap(both) },
      "bundler.json": {
        compilerOptions: { ...bundler, skipLibCheck: true }, // They are the same declarations.
        files: [...hosts, ...plain].map(esm),
      },
    };
    const used = Object.entries(projects).filter(([, { files }]) => files.length > 0);
    for (const [name, config] of used) writeFileSync(this.path(name), JSON.stringify(config));
    const build = [process.execPath, compilers[version], "--build", "--force"];
    await this.#execute([...build, ...used.map(([name]) => name)]);
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
   * Runs compiled consumers in a new process without a network. Resolves to what each returns as an
   * ES module, and as a CommonJS one.
   */
  async run<Name extends string>(...names: Name[]): Promise<Record<Name, [unknown, unknown]>> {
    copyFileSync(join(consumers, "run.mjs"), this.path("run.mjs"));
    return JSON.parse(await this.runProgram("run.mjs", ...names));
  }

  /** Runs a program in a new process without a network, and resolves to its standard output. */
  async runProgram(path: string, ...args: string[]): Promise<string> {
    return (await this.#execute([...(await this.#manager.run()), path, ...args])).stdout;
  }

  /** Runs a command in the folder of the application, and resolves to its standard output. */
  async execute(...command: string[]): Promise<string> {
    return (await this.#execute(command, { NEXT_TELEMETRY_DISABLED: "1" })).stdout;
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

function compilerOf(name: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return join(dirname(manifest), "bin/tsc");
}

/** Lets install scripts run, but not download: nothing listens on port 9. */
const withoutDownloads = {
  npm_config_ignore_scripts: "false",
  npm_package_json: undefined, // With that of `npm test`, the script of onnxruntime-node ends.
  GLOBAL_AGENT_HTTPS_PROXY: "http://127.0.0.1:9",
};
