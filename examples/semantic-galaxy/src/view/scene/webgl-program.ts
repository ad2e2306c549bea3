/** A program of shaders, and the arrays that it reads. */
export interface Program {
  readonly program: WebGLProgram;
  readonly array: WebGLVertexArrayObject;
  /** Whether it is compiled, asked without waiting for it. */
  isReady(): boolean;
  at(uniform: string): WebGLUniformLocation | null;
}

export function programOf(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  const inParallel = gl.getExtension("KHR_parallel_shader_compile");
  const uniforms = new Map<string, WebGLUniformLocation | null>();
  let isReady = inParallel === null;
  return {
    program,
    array: gl.createVertexArray(),
    isReady() {
      isReady ||= gl.getProgramParameter(program, inParallel!.COMPLETION_STATUS_KHR);
      return isReady;
    },
    at(name) {
      if (!uniforms.has(name)) uniforms.set(name, gl.getUniformLocation(program, name));
      return uniforms.get(name)!;
    },
  };
}

interface Layout {
  readonly stride: number;
  readonly offset: number;
  readonly divisor: number;
}

/** Lets an input of a program read a buffer. */
export function attribute(
  gl: WebGL2RenderingContext,
  { array }: Program,
  location: number,
  size: number,
  type: number = gl.FLOAT,
  { stride, offset, divisor }: Layout = { stride: 0, offset: 0, divisor: 0 },
  buffer: WebGLBuffer = gl.createBuffer(),
): WebGLBuffer {
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.enableVertexAttribArray(location);
  gl.vertexAttribPointer(location, size, type, false, stride, offset);
  gl.vertexAttribDivisor(location, divisor);
  return buffer;
}
