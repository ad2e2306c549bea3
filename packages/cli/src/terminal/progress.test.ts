import { afterEach, expect, it, vi } from "vitest";
import { fakeTerminal } from "../testing/fake-terminal.ts";
import { startProgress } from "./progress.ts";

afterEach(() => {
  vi.useRealTimers();
});

it("shows a bar that stays below the notes", () => {
  const { terminal, screen } = fakeTerminal(true);
  const progress = startProgress(terminal, "Indexing");
  progress.show(0.25, "1/4 files");
  const bar = `Indexing ${"█".repeat(6)}${"░".repeat(18)} 25%  1/4 files`;
  expect(screen()).toBe(bar);
  progress.note("a.pdf: It is broken.");
  expect(screen()).toBe(`a.pdf: It is broken.\n${bar}`);
  progress.stop();
  expect(screen()).toBe("a.pdf: It is broken.\n");
});

it("shows numbers in place of a bar on a narrow terminal, in one line", () => {
  const { terminal, screen } = fakeTerminal(true);
  Object.assign(terminal.errors, { columns: 40 });
  const progress = startProgress(terminal, "Indexing");
  progress.show(0.25, "1/4 files · 8 chunks · 1,000 tokens/s");
  expect(screen()).toBe("Indexing  25%  1/4 files · 8 chunks ·…");
});

it("writes notes alone where there is no terminal", () => {
  const { terminal, written } = fakeTerminal(false);
  const progress = startProgress(terminal, "Indexing");
  progress.show(0.25, "1/4 files");
  progress.note("a.pdf: It is broken.");
  progress.stop();
  expect(written()).toBe("a.pdf: It is broken.\n");
});

it("writes a line every half minute where there is no terminal, as in CI", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { terminal, written } = fakeTerminal(false);
  const progress = startProgress(terminal, "Indexing");
  for (let second = 0; second <= 70; second += 10) {
    progress.show(second / 140, `${second}/140 files`);
    vi.advanceTimersByTime(10_000);
  }
  expect(written()).toBe(
    "Indexing 21%, 30/140 files · 1:50 left\nIndexing 42%, 60/140 files · 1:20 left\n",
  );
});
