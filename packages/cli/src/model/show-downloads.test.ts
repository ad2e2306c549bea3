import { expect, it } from "vitest";
import { fakeTerminal } from "../testing/fake-terminal.ts";
import { showDownloads } from "./show-downloads.ts";

it("shows downloads, all files together", () => {
  const { terminal, screen } = fakeTerminal(true);
  const downloads = showDownloads(terminal);
  downloads.onDownloadProgress({ file: "model.onnx", loaded: 150e6, total: 300e6 });
  expect(screen()).toMatch(/^Downloading █{12}░{12} 50% {2}150 MB of 300 MB$/);
  downloads[Symbol.dispose]();
  expect(screen()).toBe("");
});
