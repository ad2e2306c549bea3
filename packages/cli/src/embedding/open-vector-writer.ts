import type { Terminal } from "../terminal/terminal.ts";
import { NpyWriter } from "./npy-writer.ts";
import { objectMembers } from "./object-members.ts";
import { openOutput } from "./output.ts";
import type { Item } from "./read-items.ts";
import type { Numbers, VectorFormat, VectorWriter } from "./vector-writer.ts";

/** @param file - where to write; standard output by default */
export async function openVectorWriter(
  format: VectorFormat,
  file: string | undefined,
  terminal: Terminal,
): Promise<VectorWriter> {
  if (format === "npy") return NpyWriter.open(file, terminal);
  const lineOf = format === "jsonl" ? jsonLine : base64Line;
  const output = await openOutput(file, terminal);
  return {
    async write(items, vectors) {
      const lines = items.map((item, index) => `${lineOf(item, vectors[index]!)}\n`);
      await output.write(lines.join(""));
    },
    finish: () => output.finish(),
    [Symbol.asyncDispose]: () => output.close(),
  };
}

/** Keeps what is in the item's own JSON as it is written: its numbers can have any digits. */
function jsonLine({ text, json = JSON.stringify({ text }) }: Item, vector: Numbers): string {
  const kept = objectMembers(json).filter(({ key }) => key !== embeddingKey);
  const embedding = `"${embeddingKey}":${JSON.stringify(Array.from(vector, shortest))}`;
  return `{${[...kept.map((member) => member.text), embedding].join(",")}}`;
}

const embeddingKey = "embedding";

/** Nine digits are enough for a float32, where JSON would have the digits of a float64. */
function shortest(value: number): number {
  return Number(value.toPrecision(9));
}

function base64Line(_item: Item, { buffer, byteOffset, byteLength }: Numbers): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
