import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { run } from "../testing/run-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = await temporaryFolder();
const { output: script } = await run(["completion", "bash"]);
await writeFile(join(folder, "completion.bash"), script);
await mkdir(join(folder, "trained models/*"), { recursive: true });

/** What bash offers at the end of a line, whose words are split as bash splits them. */
async function offered(...words: string[]): Promise<string[]> {
  const call = `source completion.bash
    COMP_WORDS=(embeddinggemma "$@") COMP_CWORD=$#
    _embeddinggemma
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const argv = ["--norc", "-c", call, "bash", ...words];
  const { stdout } = await promisify(execFile)("bash", argv, { cwd: folder });
  return stdout.split("\n").filter((line) => line !== "");
}

describe("completion of bash", () => {
  it.each([
    { words: ["s"], expected: ["search", "similarity", "serve"] },
    { words: ["embed", "--pr"], expected: ["--prompt-name", "--prompt", "--precision"] },
    { words: ["embed", "--format", ""], expected: ["jsonl", "npy", "base64"] },
    { words: ["embed", "--format", "="], expected: ["jsonl", "npy", "base64"] },
    { words: ["embed", "--format", "=", "n"], expected: ["npy"] },
    { words: ["serve", "--max-b"], expected: ["--max-batch-tokens", "--max-batch-requests"] },
    { words: ["embed", "--model", "t"], expected: ["tiny", "trained models"] },
    { words: ["embed", "--model", "=", "tr"], expected: ["trained models"] },
    { words: ["embed", "-m", "trained models/"], expected: ["trained models/*"] },
    { words: ["models", "r"], expected: ["remove"] },
    { words: ["models", "remove", "--y"], expected: ["--yes"] },
    { words: ["completion", ""], expected: ["bash", "zsh", "fish"] },
    { words: ["-"], expected: ["-v", "--version", "-h", "--help"] },
  ])("offers $expected after $words", async ({ words, expected }) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it.each([
    { words: ["index", "my"] },
    { words: ["models", "--cache-dir", ""] },
    { words: ["embed", "-m", "my"] },
  ])("leaves $words to the completion of files", async ({ words }) => {
    expect(await offered(...words)).toEqual([]);
    expect(script).toContain("complete -o bashdefault -o default -F");
  });

  it("runs nothing of what is typed", async () => {
    await offered("search", "$(touch ran)", "`touch ran`", "--st");
    await expect(promisify(execFile)("ls", ["ran"], { cwd: folder })).rejects.toThrow();
  });
});

it.each([
  {
    shell: "zsh",
    line: "base64 of the numbers]:value:(jsonl npy base64)'",
  },
  {
    shell: "zsh",
    line: "]:value:{compadd -- tiny; _files}'",
  },
  {
    shell: "fish",
    line: "__fish_seen_subcommand_from embed' -s f -l format -x -a 'jsonl npy base64' -d 'JSON",
  },
])("offers the values of a flag in $shell", async ({ shell, line }) => {
  const { code, output } = await run(["completion", shell]);
  expect(code).toBe(0);
  expect(output).toContain(line);
});
