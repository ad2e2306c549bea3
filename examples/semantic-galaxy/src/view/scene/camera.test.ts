import { beforeEach, expect, test } from "vitest";
import { Camera } from "./camera.ts";

let camera: Camera;

beforeEach(() => {
  camera = new Camera();
  camera.resize(1000, 600);
});

test("shows the whole map at first, in the part that panels leave free", () => {
  camera.inset({ top: 0, right: 0, bottom: 0, left: 400 });
  camera.flyHome(0, 0);
  expect(camera.project(0, 0)).toEqual([700, 300]);
  const [left, top] = camera.project(-1, 1);
  const [right, bottom] = camera.project(1, -1);
  expect(left).toBeGreaterThan(400);
  expect(right).toBeLessThan(1000);
  expect(top).toBeGreaterThan(0);
  expect(bottom).toBeLessThan(600);
});

test("finds the place of the map under a pixel", () => {
  camera.pan(30, -20);
  const [x, y] = camera.unproject(123, 456);
  const [pixelX, pixelY] = camera.project(x, y);
  expect(pixelX).toBeCloseTo(123);
  expect(pixelY).toBeCloseTo(456);
});

test("keeps the place under the pointer while it zooms", () => {
  const before = camera.unproject(200, 100);
  camera.zoom(2, 200, 100);
  const after = camera.unproject(200, 100);
  expect(after[0]).toBeCloseTo(before[0]);
  expect(after[1]).toBeCloseTo(before[1]);
});

test("keeps the picture in place when a panel opens", () => {
  camera.zoom(3, 500, 300);
  const before = camera.project(0.2, 0.1);
  camera.inset({ top: 0, right: 300, bottom: 0, left: 0 });
  const after = camera.project(0.2, 0.1);
  expect(after[0]).toBeCloseTo(before[0]);
  expect(after[1]).toBeCloseTo(before[1]);
});

test("flies to a place and arrives in time", () => {
  camera.fly({ x: 0.5, y: -0.5, scale: camera.scale * 4 }, 0, 1000);
  expect(camera.step(500)).toBe(true);
  expect(camera.x).toBeGreaterThan(0);
  expect(camera.x).toBeLessThan(0.5);
  expect(camera.step(1000)).toBe(false);
  expect(camera.project(0.5, -0.5)).toEqual([500, 300]);
});
