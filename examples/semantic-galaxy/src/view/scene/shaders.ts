import { colorCount } from "../palette.ts";

export const starVertex = `#version 300 es
layout(location = 0) in vec2 from;
layout(location = 1) in vec2 to;
layout(location = 2) in float born;
layout(location = 3) in float color;
layout(location = 4) in vec2 glow;
uniform vec4 view;
uniform float moved;
uniform float glowed;
uniform float now;
uniform float size;
uniform float dim;
uniform vec3 palette[${colorCount}];
uniform vec3 accent;
out vec3 tint;
out float light;
out float lit;
out float core;

float random(float seed) {
  return fract(sin(seed * 12.9898) * 43758.5453);
}

void main() {
  float age = (now - born) / 900.0;
  if (age < 0.0) {
    gl_Position = vec4(2.0, 2.0, 0.0, 1.0);
    gl_PointSize = 1.0;
    return;
  }
  age = min(age, 1.0);
  lit = mix(glow.x, glow.y, glowed);
  gl_Position = vec4((mix(from, to, moved) - view.xy) * view.zw, 0.0, 1.0);
  // As in the sky: many faint stars, few bright ones.
  float magnitude = 0.7 + 0.8 * pow(random(float(gl_VertexID) + 0.5), 6.0);
  float flare = 1.0 + 1.6 * (1.0 - age) * (1.0 - age);
  float radius = size * magnitude * smoothstep(0.0, 0.35, age) * flare;
  radius = mix(radius, max(radius * 1.3, size * 1.9), lit);
  gl_PointSize = 2.0 * radius;
  core = mix(0.34, 0.3, lit);
  tint = mix(palette[int(color)], accent, lit);
  light = mix(1.0 - dim, 1.0, lit) * (0.5 + 0.4 * magnitude);
}`;

export const starFragment = `#version 300 es
precision mediump float;
in vec3 tint;
in float light;
in float lit;
in float core;
uniform float paper;
out vec4 pixel;

void main() {
  float from = length(gl_PointCoord * 2.0 - 1.0);
  if (from > 1.0) discard;
  float disc = 1.0 - smoothstep(core * 0.72, core * 1.1, from);
  float halo = (1.0 - from) * (1.0 - from) * mix(0.26, 0.62, lit);
  float bright = clamp(disc + halo, 0.0, 1.0) * light;
  vec3 star = mix(tint, vec3(1.0), disc * mix(0.12, 0.55, lit));
  float alpha = (disc * 0.9 + halo * 0.55) * light;
  // Light adds up on the sky (no alpha), ink covers the paper.
  pixel = mix(vec4(star * bright, 0.0), vec4(tint * alpha, alpha), paper);
}`;

export const cloudVertex = `#version 300 es
uniform vec4 view;
uniform float extent;
out vec2 at;

void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  at = corner * 0.5 + 0.5;
  gl_Position = vec4((corner * extent - view.xy) * view.zw, 0.0, 1.0);
}`;

export const cloudFragment = `#version 300 es
precision mediump float;
in vec2 at;
uniform sampler2D cloud;
uniform float strength;
uniform float paper;
out vec4 pixel;

void main() {
  vec4 color = texture(cloud, at);
  // Noise below one step of 8 bits, against bands.
  float noise = fract(52.98 * fract(dot(gl_FragCoord.xy, vec2(0.0671, 0.00584)))) - 0.5;
  vec2 edge = smoothstep(0.0, 0.16, min(at, 1.0 - at));
  float density = max(color.a * strength * edge.x * edge.y + noise / 255.0, 0.0);
  pixel = vec4(color.rgb * density, density * paper);
}`;

export const lineVertex = `#version 300 es
layout(location = 0) in vec4 ends;
layout(location = 1) in float weight;
uniform vec4 view;
uniform vec2 pixelSize;
uniform float grown;
out float along;
out float across;
out float strong;

void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec2 start = (ends.xy - view.xy) * view.zw;
  vec2 end = (mix(ends.xy, ends.zw, grown) - view.xy) * view.zw;
  vec2 direction = (end - start) / pixelSize;
  vec2 normal = normalize(vec2(-direction.y, direction.x) + 1e-6) * pixelSize;
  across = corner.y * 2.0 - 1.0;
  along = corner.x;
  strong = weight;
  gl_Position = vec4(mix(start, end, corner.x) + normal * across * 1.4, 0.0, 1.0);
}`;

export const lineFragment = `#version 300 es
precision mediump float;
in float along;
in float across;
in float strong;
uniform vec3 accent;
uniform float paper;
uniform float shown;
out vec4 pixel;

void main() {
  float alpha = (1.0 - across * across) * mix(0.25, 0.75, along) * strong * shown;
  pixel = vec4(accent * alpha, alpha * paper);
}`;
