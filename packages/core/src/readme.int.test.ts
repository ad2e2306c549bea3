import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

test("the README's code runs from its beginning to its end, on the tiny model", { timeout: 120_000 }, async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const folder = await mkdtemp(join(tmpdir(), "readme-"));
  try {
    const program = join(folder, "readme.ts");
    await writeFile(program, await programOf(here("../README.md"), folder));
    await import(program);
    expect(log.mock.calls.map(([first]) => first)).toContain("UNKNOWN_PROMPT");
    expect(log.mock.calls).toContainEqual([3]);
  } finally {
    log.mockRestore();
    await rm(folder, { recursive: true });
  }
});

/** All blocks of code as one program. */
async function programOf(readme: string, folder: string): Promise<string> {
  const blocks = Array.from((await readFile(readme, "utf8")).matchAll(/```ts\n(.*?)```/gs), ([, code]) => code!);
  expect(blocks.length).toBeGreaterThan(8);
  const code = blocks
    .join("")
    .replaceAll('"onnx-community/embeddinggemma-300m-ONNX"', JSON.stringify(here("../../tiny-model/model")))
    .replaceAll('"@embeddinggemma/core"', JSON.stringify(here("index.ts")))
    .replace('"./vectors"', JSON.stringify(join(folder, "vectors")));
  // The first block ends where its reader has had enough.
  const disposal = "await embedder.dispose();\n";
  return code.replace(disposal, "") + disposal;
}
