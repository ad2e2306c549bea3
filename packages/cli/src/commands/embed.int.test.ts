import { execFileSync } from "node:child_process";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { howToConvert } from "../failures/file-failure.ts";
import { run } from "../testing/run-program.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = await temporaryFolder();
const texts = ["Mars is red.", "", "Venus is hot\u2028and cloudy."];
const input = `${texts.join("\r\n")}\n`;
let embedder: Embedder;
beforeAll(async () => {
  embedder = await Embedder.load(modelPath);
});
afterAll(() => embedder.dispose());

const embed = (flags: readonly string[], given = input) =>
  run(["embed", "--model", "tiny", ...flags], { input: given });

describe("embed", () => {
  it("writes a JSON line for each line of the input", async () => {
    const { code, output } = await embed([]);
    const documents = await embedder.encodeDocument(texts);
    expect(code).toBe(0);
    expect(jsonLines(output)).toEqual(
      texts.map((text, index) => ({ text, embedding: exactly(documents[index]!) })),
    );
  });

  it.each([
    { flags: ["--query"], vector: () => embedder.encodeQuery("red") },
    {
      flags: ["--title", "Mars"],
      vector: () => embedder.encodeDocument({ title: "Mars", text: "red" }),
    },
    {
      flags: ["--prompt-name", "STS"],
      vector: () => embedder.encode("red", { promptName: "STS" }),
    },
    { flags: ["--prompt", ""], vector: () => embedder.encode("red", { prompt: "" }) },
    {
      flags: ["--truncate-dim", "128"],
      vector: () => embedder.encodeDocument("red", { truncateDim: 128 }),
    },
  ])("takes $flags", async ({ flags, vector }) => {
    const { output } = await run(["embed", "--model", "tiny", ...flags, "red"]);
    expect(jsonLines(output)).toEqual([{ text: "red", embedding: exactly(await vector()) }]);
  });

  it("says which texts were cut", async () => {
    const long = "Mars ".repeat(2100);
    const first = await embed([], `red\n${long}\n\n${long}\n`);
    expect(first.errors).toBe(
      "2 of 4 texts were longer than 2,048 tokens, and were cut: line 2, line 4.\n",
    );
    const file = join(await temporaryFolder(), "long.txt");
    await writeFile(file, `${`${long}\n`.repeat(6)}`);
    const second = await embed(["--input", file, file, "--format", "base64"]);
    expect(second.errors).toMatch(
      /^12 of 12 .* cut: line 1 of \S+, .*line 5 of \S+long\.txt, …\n$/,
    );
    expect((await embed([], "Mars is red.")).errors).toBe("");
  });

  it("says that an argument is a text, and not the file of this name", async () => {
    const one = await run(["embed", "--model", "tiny", "package.json", "Mars", "src"]);
    expect(one.errors).toBe(
      "package.json is taken as a text, though there is a file of this name. " +
        "To embed the lines of a file: --input package.json\n",
    );
    expect(jsonLines(one.output).map(({ text }) => text)).toEqual(["package.json", "Mars", "src"]);
    const two = await run(["similarity", "--model", "tiny", "package.json", "README.md"]);
    expect(two.errors).toBe(
      "package.json and 1 more are taken as texts, though there are files of these names. " +
        'To compare what it says: "$(cat package.json)"\n',
    );
  });

  it("reads standard input in place of -, beside other texts, too", async () => {
    const { errors, output } = await embed(["-"]);
    expect({ errors, output }).toEqual({ errors: "", output: (await embed([])).output });
    const file = join(await temporaryFolder(), "texts.txt");
    await writeFile(file, "Saturn");
    const textsOf = (outcome: { output: string }) =>
      jsonLines(outcome.output).map((row) => row.text);
    expect(textsOf(await embed(["Mars", "-", "Venus"], "Sun\nMoon"))).toEqual([
      ...["Mars", "Sun", "Moon", "Venus"],
    ]);
    expect(textsOf(await embed(["--input", file, "-"], "Sun"))).toEqual(["Saturn", "Sun"]);
    const rows = await embed(["--input-format", "jsonl", "-"], '{"id":1,"text":"Sun"}');
    expect(jsonLines(rows.output)).toMatchObject([{ id: 1, text: "Sun" }]);
    const long = await embed(["Mars", "-"], `Sun\n${"Moon ".repeat(2100)}`);
    expect(long.errors).toContain("cut: line 2 of standard input.\n");
  });

  it("says that there was no text", async () => {
    const { code, output, errors } = await embed([], "");
    expect({ code, output }).toEqual({ code: 0, output: "" });
    expect(errors).toBe("There was no text to embed.\n");
  });

  it("reads JSON lines with titles, and keeps their other keys", async () => {
    const rows = [
      { id: 7, title: "Mars", text: "It is red." },
      { title: null, text: "Venus is hot." },
    ];
    const { output } = await embed(
      ["--input-format", "jsonl"],
      rows.map((row) => `${JSON.stringify(row)}\n`).join("\n"),
    );
    const documents = await embedder.encodeDocument(
      rows.map(({ title, text }) => ({ title: title ?? undefined, text })),
    );
    expect(jsonLines(output)).toEqual(
      rows.map((row, index) => ({ ...row, embedding: exactly(documents[index]!) })),
    );
  });

  it("repeats JSON lines as they are written, with one vector each", async () => {
    const lines = [
      '{"id":1827364554637281999,"text":"Mars","score":1.0}',
      ' {"embedding":[1],"text": "Venus", "about":{"embedding":1e2},"__proto__":{"a":-0}}\r',
    ];
    const { output } = await embed(["--input-format", "jsonl"], lines.join("\n"));
    expect(output.replaceAll(/\[-?0\.[^\]]*\]/g, "[…]")).toBe(
      '{"id":1827364554637281999,"text":"Mars","score":1.0,"embedding":[…]}\n' +
        '{"text": "Venus","about":{"embedding":1e2},"__proto__":{"a":-0},"embedding":[…]}\n',
    );
  });

  it("reads files of JSON lines by their names, and tells of JSON taken for text", async () => {
    const line = '{"id":7,"text":"It is red."}\n';
    const fields = async (name: string, ...flags: string[]) => {
      const file = join(await temporaryFolder(), name);
      await writeFile(file, line);
      const { output, errors } = await embed(["--input", file, ...flags]);
      const { embedding, ...row } = jsonLines(output)[0]!;
      return { row, errors };
    };
    const read = { row: { id: 7, text: "It is red." }, errors: "" };
    expect(await fields("rows.jsonl")).toEqual(read);
    expect(await fields("rows.NDJSON")).toEqual(read);
    const row = { text: line.trim() };
    expect(await fields("rows.jsonl", "--input-format", "lines")).toEqual({ row, errors: "" });
    const advice = 'is JSON, and is embedded as it is. To embed its "text": --input-format jsonl\n';
    const lines = await fields("rows.txt");
    expect(lines).toEqual({ row, errors: expect.stringMatching(`rows.txt ${advice}$`) });
    expect((await embed([], line)).errors).toBe(`The first line of standard input ${advice}`);
    expect((await embed([], '{"id":7}\n{text}\n')).errors).toBe("");
  });

  it.each([
    { what: "JSON", second: "{bad", reason: "Line 2 of standard input is not JSON" },
    {
      what: "a string",
      second: '{"text":5}',
      reason: 'Line 2 of standard input has a "text" that is not a string',
    },
    {
      what: "titled with a string",
      second: '{"text":"Venus","title":5}',
      reason: 'Line 2 of standard input has a "title" that is not a string',
    },
    {
      what: "a whole object",
      second: '{\n  "text": "Venus"\n}',
      reason: /Line 2 .* is not JSON: .* each line is a whole object, .*: `jq -c` writes such/,
    },
    { what: "a text", second: '{"id":1}', reason: 'Line 2 of standard input has no "text"' },
  ])("prints what comes before a line that is not $what", async ({ second, reason }) => {
    const lines = `{"text":"Mars is red."}\n${second}\n{"text":"Venus is hot."}\n`;
    const { code, output, errors } = await embed(["--input-format", "jsonl"], lines);
    expect(code).toBe(1);
    expect(jsonLines(output)).toMatchObject([{ text: "Mars is red." }]);
    expect(errors).toMatch(reason);
  });

  it("prints what comes before a line that is not UTF-8", async () => {
    const file = join(await temporaryFolder(), "latin1.txt");
    const bytes = Buffer.concat([Buffer.from("\ufeffred\n\ufeffhot\n"), Buffer.from([0xe9, 10])]);
    await writeFile(file, bytes);
    const { code, output, errors } = await embed(["--input", file]);
    expect(code).toBe(1);
    expect(jsonLines(output).map(({ text }) => text)).toEqual(["red", "\ufeffhot"]);
    expect(errors).toBe(`error: Line 3 of ${file} is not UTF-8. ${howToConvert}\n`);
  });

  it("writes base64, also of signs", async () => {
    const documents = await embedder.encodeDocument(texts);
    const floats = await embed(["--format", "base64"]);
    expect(floats.output.trimEnd().split("\n")).toEqual(
      documents.map(({ buffer, byteOffset, byteLength }) =>
        Buffer.from(buffer, byteOffset, byteLength).toString("base64"),
      ),
    );
    const signs = await embed(["--format", "base64", "--precision", "ubinary"]);
    const [first] = signs.output.split("\n");
    const bits = Array.from(Buffer.from(first!, "base64"), (byte) =>
      byte.toString(2).padStart(8, "0"),
    );
    expect(bits.join("")).toBe(Array.from(documents[0]!, (value) => Number(value > 0)).join(""));
  });

  it("writes a NumPy array, to standard output and to a file", async () => {
    const documents = await embedder.encodeDocument(texts);
    const { bytes } = await embed(["--format", "npy"]);
    expect(bytes.subarray(0, 8)).toEqual(Buffer.from("\u0093NUMPY\u0001\u0000", "latin1"));
    expect(bytes.subarray(10, 128).toString()).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(3, 768\), \} *\n$/,
    );
    expect(bytes.subarray(128)).toEqual(
      Buffer.concat(
        documents.map((one) => new Uint8Array(one.buffer, one.byteOffset, one.byteLength)),
      ),
    );
    const file = `${folder}/vectors.npy`;
    expect(await embed(["--format", "npy", "--output", file])).toMatchObject({
      code: 0,
      output: "",
    });
    expect(await readFile(file)).toEqual(bytes);
    expect(await readdir(folder)).toEqual(["vectors.npy"]);
  });

  it("replaces a file only when the output is complete, so that it can be the input", async () => {
    const file = join(await temporaryFolder(), "texts.jsonl");
    await writeFile(file, '{"text":"Mars is red."}\n{}\n');
    const flags = ["--input-format", "jsonl", "--input", file, "--output", file];
    const failed = await embed(flags);
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.errors).toContain('has no "text"');
    expect(await readFile(file, "utf8")).toBe('{"text":"Mars is red."}\n{}\n');

    await writeFile(file, '{"text":"Mars is red."}\n');
    const modes = [0o600, 0o666];
    for (const mode of modes) {
      await chmod(file, mode);
      expect(await embed(flags)).toMatchObject({ code: 0 });
      // Windows has no permissions of groups.
      if (process.platform !== "win32") expect((await stat(file)).mode & 0o777).toBe(mode);
    }
    expect(jsonLines(await readFile(file, "utf8"))).toMatchObject([{ text: "Mars is red." }]);
    expect(await readdir(dirname(file))).toEqual(["texts.jsonl"]);
  });

  it.each(["npy", "jsonl"])("writes %s to a pipe that has a name", async (format) => {
    const pipe = join(await temporaryFolder(), "pipe");
    execFileSync("mkfifo", [pipe]);
    const flags = ["--format", format, "--truncate-dim", "128"];
    const [{ code }, content] = await Promise.all([
      embed([...flags, "--output", pipe]),
      readFile(pipe),
    ]);
    expect(code).toBe(0);
    expect(content).toEqual((await embed(flags)).bytes);
    expect(await readdir(dirname(pipe))).toEqual(["pipe"]);
  });

  it("writes an array without rows for an empty input", async () => {
    const flags = ["--format", "npy", "--precision", "binary", "--truncate-dim", "128"];
    const { bytes } = await embed(flags, "");
    expect(bytes.toString("latin1")).toContain("'|i1', 'fortran_order': False, 'shape': (0, 16)");
    expect(bytes).toHaveLength(128);
  });

  it("embeds more texts than fit into one window, in their order", async () => {
    const many = Array.from({ length: 300 }, (_, index) => `Text ${index}`);
    const { output } = await embed(["--truncate-dim", "128"], many.join("\n"));
    const rows = jsonLines(output);
    expect(rows.map(({ text }) => text)).toEqual(many);
    const last = await embedder.encodeDocument(many.at(-1)!, { truncateDim: 128 });
    expect(embedder.similarity(rows.at(-1)!.embedding, last)[0]![0]).toBeCloseTo(1, 5);
  });

  it.each([
    { flags: ["--input", "no-such-file"], reason: "no-such-file", code: 1 },
    { flags: ["--output", "nowhere/x"], reason: "nowhere/x cannot be written: there is", code: 1 },
    { flags: ["--input", "src"], reason: "src is a folder. --input takes files", code: 1 },
    { flags: ["--output", "src"], reason: "src cannot be written: it is a folder.\n", code: 1 },
    { flags: ["--output", "/dev/full"], reason: "/dev/full cannot be written: no space", code: 1 },
    {
      flags: ["--prompt-name", "Foo"],
      reason: "For any other prompt: `embed --prompt`.\n",
      code: 2,
    },
    {
      flags: ["--truncate-dim", "100"],
      reason: "100 dimensions. Use --truncate-dim with 768, 512, 256, 128.\n",
      code: 2,
    },
    { flags: ["--input-format", "jsonl"], reason: "Line 1 of standard input is not JSON", code: 1 },
    { flags: ["--query", "--title", "Mars"], reason: "cannot be used with", code: 2 },
    { flags: ["--format", "csv"], reason: "Allowed choices are jsonl, npy, base64", code: 2 },
    { flags: ["a text", "--input", "file"], reason: "not both", code: 2 },
  ])("refuses $flags", async ({ flags, reason, code }) => {
    const outcome = await embed(flags);
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toContain(reason);
    expect(outcome.errors).not.toMatch(/ {4}at |\.partial|ENOENT/);
  });
});

function jsonLines(output: string): { text: string; embedding: number[] }[] {
  return output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** The numbers of a vector as they are after a way through JSON. */
function exactly(vector: Float32Array): number[] {
  return Array.from(vector, (value) => Number(value.toPrecision(9)));
}
