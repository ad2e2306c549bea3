import { execFile } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const consumers = fileURLToPath(new URL("consumers", import.meta.url));
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** An application in a new folder. Installs packages, and compiles and runs programs with them. */
export class Application {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      this.path("package.json"),
      JSON.stringify({ name: "application", private: true }),
    );
  }

  path(...segments: string[]): string {
    return join(this.#folder, ...segments);
  }

  /**
   * A plain `npm install`, but without install scripts: the one of onnxruntime-node would download
   * CUDA libraries.
   *
   * @returns npm's output
   */
  install(...dependencies: string[]): Promise<string> {
    return this.#run("npm", [
      "install",
      "--ignore-scripts",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      ...dependencies,
    ]);
  }

  uninstall(dependency: string): Promise<string> {
    return this.#run("npm", [
      "uninstall",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      dependency,
    ]);
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

  /**
   * Runs a compiled program in a new process without a network, and resolves to the JSON that it
   * prints.
   */
  async run(file: string): Promise<unknown> {
    return JSON.parse(
      await this.#run(process.execPath, ["--require", join(consumers, "offline.cjs"), file]),
    );
  }

  async #compileProject(name: string, config: object): Promise<void> {
    writeFileSync(this.path(`tsconfig.${name}.json`), JSON.stringify(config));
    await this.#run(process.execPath, [compiler, "--project", `tsconfig.${name}.json`]);
  }

  async #run(command: string, args: string[]): Promise<string> {
    try {
      return (await promisify(execFile)(command, args, { cwd: this.#folder })).stdout;
    } catch (error) {
      const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string };
      throw new Error(`${message}\n${stdout ?? ""}\n${stderr ?? ""}`);
    }
  }
}
