import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Embedder } from "@embeddinggemma/core";
import { modelPath } from "@embeddinggemma/tiny-model";
import { evaluateRetrieval, readBeir } from "@embeddinggemma/tune";
import { beforeAll, describe, expect, it } from "vitest";
import { run } from "../testing/run-program.ts";
import { writeSmallData } from "../testing/small-data.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const folder = await temporaryFolder();
const data = join(folder, "data");
beforeAll(() => writeSmallData(data));

const evaluate = (...flags: string[]) => run(["eval", data, "--model", "tiny", ...flags]);

describe("eval", () => {
  it("prints the figures of the package tune, and compares dimensions", async () => {
    const { code, output } = await evaluate("--truncate-dim", "768,128");
    expect(code).toBe(0);
    await using embedder = await Embedder.load(modelPath);
    const options = { truncateDims: [768, 128] };
    const report = await evaluateRetrieval({ tiny: embedder }, await readBeir(data), options);
    expect(output).toContain(`8 queries, 8 documents\n\n${report}\n`);
    expect(output).toMatch(/\n128 instead of 768 dimensions: ndcg@10 [+-]0\.\d{4} \(95% interval /);
  });

  it("prints JSON, and writes a run", async () => {
    const file = join(folder, "run.trec");
    const { output } = await evaluate("--split", "validation", "--json", "--run", file);
    const { results, ...others } = JSON.parse(output);
    expect(others).toMatchObject({ split: "validation", queries: 8, documents: 8 });
    expect(results[0].metrics["cosine_ndcg@10"]).toBeGreaterThan(0);
    expect(await readFile(file, "utf8")).toMatch(/^validation-bread Q0 \w+ 1 /);
  });

  it("says what to do about unknown documents, in words of the command line", async () => {
    const other = join(folder, "unknown");
    await writeSmallData(other);
    await appendFile(join(other, "qrels/test.tsv"), "test-bread\tnobody\t1\n");
    const { code, errors } = await run(["eval", other, "--model", "tiny"]);
    expect(code).toBe(1);
    expect(errors).toContain("test.tsv, line 10: 1 document id here is not in ");
    expect(errors).toMatch(/"nobody"\. Add what is missing, or remove these judgements\.\n$/);
  });

  it("counts the texts that were cut", async () => {
    const other = join(folder, "other");
    await writeSmallData(other);
    const long = JSON.stringify({ _id: "long", text: "Mars ".repeat(2100) });
    await appendFile(join(other, "corpus.jsonl"), `${long}\n`);
    const argv = ["eval", other, "--model", "tiny", "--truncate-dim", "768,128"];
    const { code, errors } = await run(argv);
    expect(code).toBe(0);
    expect(errors).toBe("1 of 17 texts was longer than 2,048 tokens, and was cut.\n");
  });

  it.each([
    { flags: ["--split", "dev"], reason: "The splits are test, train, validation.", code: 1 },
    { flags: ["--truncate-dim", "768,"], reason: "whole number of at least 1", code: 2 },
    { flags: ["--run", "nowhere/x"], reason: "nowhere/x cannot be written: there", code: 1 },
    { flags: ["--run", "src"], reason: "src cannot be written: it is a folder", code: 1 },
    { flags: ["--truncate-dim", "768,128", "--run", "x"], reason: "--run needs one", code: 2 },
  ])("refuses $flags", async ({ flags, reason, code }) => {
    const outcome = await evaluate(...flags);
    expect(outcome).toMatchObject({ code, output: "" });
    expect(outcome.errors).toContain(reason);
  });
});
