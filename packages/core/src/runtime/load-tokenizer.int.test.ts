import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderOf } from "../../test-support/folder-of.ts";
import { type LoadedTokenizer, loadTokenizer } from "./load-tokenizer.ts";

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../test/fixtures/${name}`, import.meta.url));

const text = "Größe 火星 <eos>  the red planet's 3.14 👨\u200d👩\u200d👧";

let parent: string;
let derived: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "load-tokenizer-"));
  derived = join(parent, "derived");
});

afterEach(() => rm(parent, { recursive: true }));

async function load(path: string): Promise<{ loaded: LoadedTokenizer; files: string[] }> {
  const files: string[] = [];
  const folder = folderOf(path, derived);
  const loaded = await loadTokenizer({
    ...folder,
    read(file) {
      files.push(file);
      return folder.read(file);
    },
  });
  return { loaded, files };
}

describe("the tables of a tokenizer", () => {
  test("are made once, and the next load does not read tokenizer.json", async () => {
    const first = await load(fixture("embeddinggemma"));
    expect(first.files).toContain("tokenizer.json");
    const second = await load(fixture("embeddinggemma"));
    expect(second.files).toEqual(["tokenizer_config.json"]);
    const without = await loadTokenizer(folderOf(fixture("embeddinggemma")));
    const ids = without.tokenizer.encode(text);
    for (const { loaded } of [first, second]) {
      expect(loaded.tokenizer.encode(text)).toEqual(ids);
      expect(loaded.tokenizer.decode(ids)).toBe(without.tokenizer.decode(ids));
      expect(ids.every((id) => loaded.tokenizer.has!(id))).toBe(true);
      expect(loaded.tokenizer.has!(9_999_999)).toBe(false);
      expect(loaded.specialTokens).toEqual(without.specialTokens);
      expect(loaded.padding).toEqual(without.padding);
    }
    expect(await readdir(derived)).toHaveLength(1);
  });

  test("are those of the file's content", async () => {
    const folder = join(parent, "model");
    await cp(fixture("embeddinggemma"), folder, { recursive: true });
    const { loaded } = await load(folder);
    const path = join(folder, "tokenizer.json");
    const json = await readFile(path, "utf8");
    const config = JSON.parse(json) as { added_tokens: object[] };
    config.added_tokens.push({ id: 9_999_999, content: "planet", special: false });
    await writeFile(path, JSON.stringify(config));
    const changed = await load(folder);
    expect(changed.loaded.tokenizer.encode("planet")).toEqual([9_999_999]);
    await writeFile(path, json);
    const { loaded: again, files } = await load(folder);
    expect(files).not.toContain("tokenizer.json");
    expect(again.tokenizer.encode("planet")).toEqual(loaded.tokenizer.encode("planet"));
  });

  test("are made again if they are damaged", async () => {
    const { loaded } = await load(fixture("embeddinggemma"));
    const path = join(derived, (await readdir(derived))[0]!);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 8));
    const { loaded: again, files } = await load(fixture("embeddinggemma"));
    expect(files).toContain("tokenizer.json");
    expect(again.tokenizer.encode(text)).toEqual(loaded.tokenizer.encode(text));
    expect(await readFile(path)).toEqual(bytes);
  });

  test("work without a place to keep them", async () => {
    await writeFile(derived, "a file");
    const { loaded } = await load(fixture("embeddinggemma"));
    expect(loaded.tokenizer.decode(loaded.tokenizer.encode("the red planet"))).toBe(
      "the red planet",
    );
  });

  test.each(["bert-mean", "xlm-roberta-unigram"])("are not made for %s", async (name) => {
    const { loaded } = await load(fixture(name));
    const { loaded: again, files } = await load(fixture(name));
    expect(files).toContain("tokenizer.json");
    expect(again.tokenizer.encode(text)).toEqual(loaded.tokenizer.encode(text));
  });
});

describe("token ids as text", () => {
  // Results of `Tokenizer.from_file(…).decode(ids, skip_special_tokens=…)` in Python's tokenizers
  // 0.23.3.
  test.each([
    ["embeddinggemma", [2, 244, 192, 196, 372, 1], "\ufeffx", "<bos>\ufeffx<eos>"],
    ["embeddinggemma", [2, 372, 9_999_999, 1], "x", "<bos>x<eos>"],
    ["embeddinggemma", [5, 196, 372, 1], "\ufffd\ufffdx", "\ufffd\ufffdx<eos>"],
    ["bert-mean", [101, 114, 672, 362, 361, 102], "hello", "[CLS] hello [SEP]"],
  ])("%s decodes %j as Python", async (name, ids, text, withSpecialTokens) => {
    const { tokenizer } = (await load(fixture(name))).loaded;
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(withSpecialTokens);
  });

  test.each(["embeddinggemma", "bert-mean", "xlm-roberta-unigram", "qwen3-last-token"])(
    "%s leaves out ids that it does not know",
    async (name) => {
      const { tokenizer } = (await load(fixture(name))).loaded;
      expect(tokenizer.decode([9_999_999])).toBe("");
      expect(tokenizer.decode([])).toBe("");
    },
  );

  test.each([[[-1]], [[1.5]], [[Number.NaN]], [["2"]], [null], ["2"]])(
    "%j is refused",
    async (ids) => {
      const { tokenizer } = (await load(fixture("embeddinggemma"))).loaded;
      expect(() => tokenizer.decode(ids as number[])).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    },
  );
});
