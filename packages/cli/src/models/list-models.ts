import { type CachedModel, type ModelCache, scanModelCache } from "@embeddinggemma/core";
import { countOf } from "../terminal/count-of.ts";
import { formatBytes } from "../terminal/format-bytes.ts";
import { note, print, type Terminal } from "../terminal/terminal.ts";

export interface ListFlags {
  cacheDir?: string;
  json?: boolean;
}

/** Prints what is in the cache of models. */
export async function listModels({ cacheDir, json }: ListFlags, terminal: Terminal): Promise<void> {
  const cache = await scanModelCache({ cacheDir });
  if (json) return print(terminal, JSON.stringify(cache, null, 2));
  for (const model of cache.models) {
    for (const line of linesOf(model, terminal)) print(terminal, line);
    print(terminal);
  }
  note(terminal, summaryOf(cache));
}

function linesOf(model: CachedModel, { colors }: Terminal): string[] {
  const { id, path, size, computedSize, unfinished, lastUsed, revisions } = model;
  const used = lastUsed ? `, last used ${dayOf(lastUsed)}` : "";
  const details = [
    ...revisions.map(({ commit, references, dtypes, files }) => {
      const names = [...references, commit.slice(0, 7)].join(" ");
      const formats = dtypes.length > 0 ? dtypes.join(", ") : "no ONNX files in onnx/";
      const lost = files.filter((file) => file.size === null).length;
      const gone = lost > 0 ? `, ${lost} of them links to files that are gone` : "";
      return `${names}  ${formats}  ${countOf(files.length, "file")}${gone}`;
    }),
    ...unfinished.map((file) => `unfinished: ${file.name}, ${formatBytes(file.size ?? 0)}`),
    ...(computedSize > 0 ? [`computed from its files: ${formatBytes(computedSize)}`] : []),
    path,
  ];
  return [
    `${colors.bold(id)}  ${formatBytes(size)}${used}`,
    ...details.map((line) => `  ${colors.dim(line)}`),
  ];
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function summaryOf({ path, size, models }: ModelCache): string {
  if (models.length === 0) return `There are no models in ${path}.`;
  return `${countOf(models.length, "model")}, ${formatBytes(size)}, in ${path}`;
}
