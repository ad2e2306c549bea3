import { join, relative } from "node:path";
import { CommandError } from "../failures/command-error.ts";
import { note, print, type Terminal } from "../terminal/terminal.ts";
import { AddonError } from "./addon-error.mjs";
import { provideAddon } from "./provide-addon.mjs";

export interface BuildFaissFlags {
  force?: boolean;
  download: boolean;
  json?: boolean;
}

/** Makes the addon of faiss-node work in the application in a folder. */
export async function buildFaiss(
  folder: string,
  { force = false, download, json }: BuildFaissFlags,
  terminal: Terminal,
): Promise<void> {
  const { signal } = terminal;
  const report = (line: string) => note(terminal, line);
  const start = performance.now();
  const options = { force, download, report, signal };
  const { packageFolder, state } = await provideAddon(folder, options).catch(explain);
  const addon = join(packageFolder, "build", "Release", "faiss-node.node");
  if (json) return print(terminal, JSON.stringify({ addon, state }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const what = {
    working: "faiss-node works already. --force makes its addon again.",
    downloaded: `faiss-node works: its addon was downloaded in ${seconds} s.`,
    compiled: `faiss-node works: its addon was compiled in ${seconds} s.`,
  }[state];
  print(terminal, `${what}\n${relative(process.cwd(), addon)}`);
}

function explain(error: unknown): never {
  if (!(error instanceof AddonError)) throw error;
  throw new CommandError([error.message, error.remedy].filter(Boolean).join("\n\n"), {
    cause: error,
  });
}
