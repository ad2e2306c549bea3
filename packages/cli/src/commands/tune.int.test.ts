import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Adapter } from "@embeddinggemma/core";
import { beforeAll, describe, expect, it } from "vitest";
import { run } from "../testing/run-program.ts";
import { writeSmallData } from "../testing/small-data.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = await temporaryFolder();
const [plain, madeUp] = [join(folder, "plain"), join(folder, "made-up")];
beforeAll(async () => {
  await writeSmallData(plain);
  await writeSmallData(madeUp, { words: "made-up" });
});

const tune = (...flags: string[]) => run(["tune", "--model", "tiny", ...flags]);

describe("tune", () => {
  it("saves an adapter that helps, for the other commands", async () => {
    const adapter = join(folder, "adapter");
    const { code, output, errors } = await tune(madeUp, "--output", adapter);
    expect(code).toBe(0);
    expect(output).toContain("8 questions, not trained on\n\n| system ");
    expect(output).toMatch(/^\| without adapter \|.*\n\| with adapter +\|/m);
    expect(output).toMatch(/^ndcg@10 \+0\.\d{4} \(95% interval /m);
    expect(errors).not.toContain("chance");
    expect(errors).toContain(`Saved to ${adapter}. Use it with --adapter ${adapter} `);
    expect(await Adapter.load(adapter)).toMatchObject({ sides: "query" });
    const flags = ["--model", "tiny", "--adapter", adapter, "--json"];
    const evaluated = JSON.parse((await run(["eval", madeUp, ...flags])).output);
    const figure = evaluated.results[0].metrics["cosine_ndcg@10"];
    expect(output).toMatch(new RegExp(`^\\| with adapter .*\\| +${figure.toFixed(4)} \\|`, "m"));
  });

  it("says that it replaces an adapter", async () => {
    const adapter = join(folder, "replaced");
    const flags = ["--output", adapter, "--epochs", "1", "--json"];
    await mkdir(adapter);
    await writeFile(join(adapter, "adapter.json"), "{}");
    const { errors } = await tune(plain, ...flags);
    const note = `${adapter} has an adapter. The new one replaces it, if it is better than none.\n`;
    expect(errors.startsWith(note)).toBe(true);
  });

  it("saves nothing if there is no gain, with exit code 1", async () => {
    const adapter = join(folder, "no-adapter");
    const { code, output, errors } = await tune(plain, "--output", adapter, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ improved: false, difference: { before: 1 } });
    expect(errors).toContain("The adapter does not help on these questions, so it is not saved.");
    expect(await readdir(folder)).not.toContain("no-adapter");
  });

  it("says that a small gain may be chance", async () => {
    const adapter = join(folder, "small-gain");
    const flags = ["--epochs", "3", "--learning-rate", "0.0001", "--json"];
    const { code, output, errors } = await tune(madeUp, "--output", adapter, ...flags);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ difference: { interval: [0, expect.any(Number)] } });
    expect(errors).toMatch(
      /^\nThe interval contains 0: on these questions, the gain may be chance\.\n\nSaved to /,
    );
  });

  it("learns from a file of pairs, and holds out a tenth", async () => {
    const file = join(folder, "pairs.csv");
    const rows = Array.from({ length: 20 }, (_, n) => `question ${n},answer ${n}\n`);
    await writeFile(file, `query,document\n${rows.join("")}`);
    const flags = ["--output", join(folder, "of-file"), "--epochs", "1"];
    const { output } = await tune(file, ...flags, "--json");
    expect(JSON.parse(output)).toMatchObject({ pairs: 20, difference: { queries: 2 } });
    const table = await tune(file, ...flags);
    expect(table.output).toContain(
      "2 questions, not trained on, but they chose the epoch: the gain on others may be smaller",
    );
  });

  it("refuses to replace a folder with other files, before it trains", async () => {
    const { code, output, errors } = await tune(plain, "--output", folder);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors).toContain("Choose a new folder for --output");
  });

  it.each([
    { flags: [plain], reason: "required option '-o, --output <folder>' not specified", code: 2 },
    { flags: [plain, "-o", "x", "--train", "dev"], reason: 'no split "dev"', code: 1 },
    { flags: ["pairs.csv", "-o", "x"], reason: "no such file", code: 1 },
    { flags: [plain, "-o", "x", "--learning-rate", "0"], reason: "a number above 0", code: 2 },
    { flags: [plain, "-o", "x", "--adapter", "y"], reason: "unknown option", code: 2 },
  ])("refuses $flags", async ({ flags, reason, code }) => {
    const outcome = await tune(...flags);
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toContain(reason);
  });

  it("needs the BEIR folder of splits", async () => {
    const { code, errors } = await tune(join(folder, "pairs.csv"), "-o", "x", "--test", "test");
    expect(code).toBe(2);
    expect(errors).toContain("add --beir");
  });
});
