import {
  cloudFragment,
  cloudVertex,
  lineFragment,
  lineVertex,
  starFragment,
  starVertex,
} from "./shaders.ts";
import { attribute, programOf } from "./webgl-program.ts";

/** Programs, buffers and texture of a star field. */
export type StarParts = ReturnType<typeof buildParts>;

export function buildParts(gl: WebGL2RenderingContext) {
  const star = programOf(gl, starVertex, starFragment);
  const cloud = programOf(gl, cloudVertex, cloudFragment);
  const line = programOf(gl, lineVertex, lineFragment);
  // The numbers are those of the shaders' inputs.
  const from = attribute(gl, star, 0, 2);
  const to = attribute(gl, star, 1, 2);
  const born = attribute(gl, star, 2, 1);
  const color = attribute(gl, star, 3, 1, gl.UNSIGNED_BYTE);
  const glow = attribute(gl, star, 4, 2);
  const lines = attribute(gl, line, 0, 4, gl.FLOAT, { stride: 20, offset: 0, divisor: 1 });
  attribute(gl, line, 1, 1, gl.FLOAT, { stride: 20, offset: 16, divisor: 1 }, lines);
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
    gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_2D, filter, gl.LINEAR);
  return { star, from, to, born, color, glow, cloud, line, lines, texture };
}
