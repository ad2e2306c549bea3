import { afterEach, expect, it, vi } from "vitest";
import { logDownloads } from "./log-downloads.ts";

afterEach(() => vi.useRealTimers());

it("logs each tenth of a large file once, and nothing of a small one", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const lines: string[] = [];
  const onDownload = logDownloads({ info: (line: string) => void lines.push(line) });
  const file = "onnx/model.onnx";
  for (const loaded of [0, 1e6, 20e6, 21e6, 95e6, 100e6, 100e6]) {
    onDownload({ file, loaded, total: 100e6 });
    vi.advanceTimersByTime(5_000);
  }
  onDownload({ file: "config.json", loaded: 0, total: 2000 });
  onDownload({ file: "of unknown size", loaded: 1e9, total: null });
  expect(lines).toEqual([
    "Downloading onnx/model.onnx: 0 % of 100 MB",
    "Downloading onnx/model.onnx: 20 % of 100 MB",
    "Downloading onnx/model.onnx: 90 % of 100 MB",
    "Downloading onnx/model.onnx: 100 % of 100 MB",
  ]);
});

it("logs a fast download when it begins and when it is complete", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const lines: string[] = [];
  const onDownload = logDownloads({ info: (line: string) => void lines.push(line) });
  for (let loaded = 0; loaded <= 100e6; loaded += 5e6) {
    onDownload({ file: "a", loaded, total: 100e6 });
    vi.advanceTimersByTime(100);
  }
  expect(lines).toEqual(["Downloading a: 0 % of 100 MB", "Downloading a: 100 % of 100 MB"]);
});
