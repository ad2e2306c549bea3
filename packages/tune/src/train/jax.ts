import { EmbeddingGemmaError } from "@embeddinggemma/core";
import type { Matrix } from "../vectors/matrix.ts";

/** Only this file imports the library. It is loaded when training starts. */
export type Jax = typeof import("@jax-js/jax");
export type Tensor = import("@jax-js/jax").Array;

/** Where gradients are computed: the CPU, or a GPU of a browser. */
export type TrainingDevice = "wasm" | "webgpu";

/**
 * A function of matrices with one number as its result. The library counts references: a function
 * consumes each of its arguments exactly once, so take `.ref` for every further use.
 */
export type Differentiable = (jax: Jax, ...inputs: Tensor[]) => Tensor;

/** Computes the value, and the gradients of the leading inputs, as many as were asked for. */
export interface ValueAndGradients {
  (inputs: readonly Matrix[]): Promise<{ value: number; gradients: Float32Array[] }>;
  /** Frees what was compiled. */
  dispose(): void;
}

type Compiled = (...inputs: Tensor[]) => [value: Tensor, gradients: Tensor[]];

/** Matrix products and gradients. */
export class Compute {
  readonly #jax: Jax;
  readonly #device: TrainingDevice;

  private constructor(jax: Jax, device: TrainingDevice) {
    this.#jax = jax;
    this.#device = device;
  }

  /** @throws `INVALID_ARGUMENT` if there is no such device here */
  static async load(device: TrainingDevice = "wasm"): Promise<Compute> {
    const jax = await import("@jax-js/jax");
    // Without WebGPU, the library also throws, such as a ReferenceError in Node.js.
    const devices = await jax.init(device).catch((cause: unknown) => {
      throw noDevice(device, [], { cause });
    });
    if (devices.includes(device)) return new Compute(jax, device);
    throw noDevice(device, devices);
  }

  /** The product of two matrices, the first one transposed if `transposed`. */
  async multiply(first: Matrix, second: Matrix, { transposed = false } = {}): Promise<Matrix> {
    const { numpy } = this.#jax;
    const left = this.#tensor(first);
    const product = numpy.matmul(transposed ? numpy.transpose(left) : left, this.#tensor(second));
    const rows = transposed ? first.columns : first.rows;
    return { data: await floats(product), rows, columns: second.columns };
  }

  /**
   * Compiled once for each set of shapes, so keep to a few shapes.
   *
   * @param count - of how many inputs the gradients are wanted
   */
  gradient(compute: Differentiable, count: number): ValueAndGradients {
    const { jit, valueAndGrad } = this.#jax;
    const run = (...inputs: Tensor[]) => compute(this.#jax, ...inputs);
    const argnums = Array.from({ length: count }, (_, index) => index);
    // Without `jit`, each step of the computation is a kernel of its own, which takes much longer.
    const compiled = jit(valueAndGrad(run, { argnums }) as Compiled);
    const runCompiled = async (inputs: readonly Matrix[]) => {
      const [value, gradients] = compiled(...inputs.map((input) => this.#tensor(input)));
      const [number] = await floats(value);
      const parts: Float32Array[] = [];
      for (const gradient of gradients) parts.push(await floats(gradient));
      return { value: number!, gradients: parts };
    };
    return Object.assign(runCompiled, { dispose: () => compiled.dispose() });
  }

  #tensor({ data, rows, columns }: Matrix): Tensor {
    return this.#jax.numpy.array(data, { shape: [rows, columns], device: this.#device });
  }
}

function noDevice(device: TrainingDevice, devices: readonly string[], options?: ErrorOptions) {
  const hint = "Leave out the option `device` to train on the CPU.";
  return new EmbeddingGemmaError(
    "INVALID_ARGUMENT",
    device === "wasm" ? "There is no WebAssembly here." : `There is no ${device} here. ${hint}`,
    { device, devices },
    options,
  );
}

async function floats(tensor: Tensor): Promise<Float32Array> {
  return (await tensor.data()) as Float32Array;
}
