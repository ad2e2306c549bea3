import { expect, it } from "vitest";
import { fakeTerminal } from "../testing/fake-terminal.ts";
import { showDownloads } from "./show-downloads.ts";

it("shows downloads, all files together", async () => {
  const { terminal, screen } = fakeTerminal(true);
  const downloads = showDownloads("owner/model", {}, terminal);
  downloads.onDownloadProgress({ file: "model.onnx", loaded: 150e6, total: 300e6 });
  expect(screen()).toMatch(/^Downloading █{12}░{12} 50% {2}150 MB of 300 MB$/);
  await downloads[Symbol.asyncDispose]();
  expect(screen()).toBe("");
});

it("names large files without a terminal, each once", async () => {
  const { terminal, written } = fakeTerminal(false);
  const downloads = showDownloads("owner/model", { cacheDir: "/tmp/models" }, terminal);
  for (const loaded of [0, 1e6]) {
    downloads.onDownloadProgress({ file: "config.json", loaded, total: 2_000 });
    downloads.onDownloadProgress({ file: "tokenizer.json", loaded, total: 20e6 });
    downloads.onDownloadProgress({ file: "onnx/model.onnx", loaded, total: 309e6 });
  }
  await downloads[Symbol.asyncDispose]();
  expect(written()).toBe(
    "Downloading owner/model: tokenizer.json, 20 MB, to /tmp/models\n" +
      "Downloading owner/model: onnx/model.onnx, 309 MB, to /tmp/models\n",
  );
});
