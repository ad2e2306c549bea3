import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { defined } from "@embeddinggemma/internal";
import { quoted } from "@embeddinggemma/internal/node";
import { serverProgram } from "@embeddinggemma/server";
import type { Command } from "commander";
import { CommandError } from "../failures/command-error.ts";
import { CommandExit } from "../failures/command-exit.ts";
import { explainFailure } from "../failures/explain-failure.ts";
import { argumentsFor } from "../flag-name.ts";
import {
  isGiven,
  type ModelFlags,
  modelIdVariable,
  modelVariable,
  tiny,
} from "../model/model-options.ts";
import { loadModel } from "../model/open-embedder.ts";
import { isAdapted, makerOf } from "../store/maker-of-store.ts";
import { modelFlagsFor } from "../store/model-of-store.ts";
import { openStore } from "../store/open-store.ts";
import { refuseFile } from "../store/refuse-file.ts";
import { requireFolders } from "../store/require-folders.ts";
import { readSettings } from "../store/store-settings.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface ServeFlags extends Pick<ModelFlags, "model"> {
  /** TEI's name of `model`, also of the environment. */
  modelId?: string;
  store?: string;
  /** `false` with --no-adapter. */
  adapter: boolean;
}

/** Runs the program of `@embeddinggemma/server`; a store with the model that made it. */
export async function serve(
  { store, ...flags }: ServeFlags,
  command: Command,
  terminal: Terminal,
): Promise<void> {
  const runs = !command.args.some((argument) => leaves.has(argument));
  const chosen = runs ? await modelFor(store, flags, command, terminal) : {};
  const program = await serverProgram({
    name: "embeddinggemma serve",
    load: (name, options) => loadModel(name, options, chosen.model !== undefined),
    explain: explainFailure,
  });
  // The name in answers: its model is a folder of this program.
  const isNamed = chosen.model !== tiny || process.env.SERVED_MODEL_NAME;
  const servedModelName = isNamed ? undefined : tiny;
  // The flags of the user come last, so that they win.
  const own = argumentsFor({ ...chosen, servedModelName, store });
  terminal.ignoreClosedOutput();
  const code = await program.run([...own, ...command.args]);
  if (code !== 0) throw new CommandExit(code);
}

/** With one of these, the program prints a text and ends. */
const leaves: ReadonlySet<string> = new Set(["-h", "--help", "-v", "-V", "--version"]);

async function modelFor(
  store: string | undefined,
  { modelId, adapter: usesAdapter, ...flags }: Omit<ServeFlags, "store">,
  command: Command,
  terminal: Terminal,
): Promise<ModelFlags> {
  const isNamed = isGiven(command, "modelId");
  if (isNamed) command.setOptionValueWithSource("model", modelId, "cli");
  const model = isNamed ? modelId : flags.model;
  const given = defined({ model: model ?? modelId });
  if (store === undefined) return given;
  await refuseFile(store);
  const settings = await readSettings(store);
  const { url, adapter, truncateDim } = settings?.model ?? {};
  const variable = model === undefined ? modelIdVariable : modelVariable;
  const chosen: ModelFlags =
    url === undefined
      ? modelFlagsFor(command, given, settings, terminal, variable)
      : defined({ ...(await modelOfServer(store, url, given)), adapter, truncateDim });
  if (!usesAdapter || hasAdapter(command)) delete chosen.adapter;
  // Only opened for what is said of an adapter that is gone.
  const isGone = typeof chosen.adapter === "string" && !existsSync(chosen.adapter);
  requireFolders(chosen, given, isGone && isAdapted(await identityOf(store)));
  return chosen;
}

/**
 * The model with which a server made a store, as far as the store says it.
 *
 * @param given - a model that takes its place
 * @throws CommandError if only that server can search the store, or its model must be named
 */
async function modelOfServer(name: string, url: string, given: ModelFlags): Promise<ModelFlags> {
  if (given.model !== undefined) return given;
  const { name: model, commit, dtype, isForeignServer } = makerOf(await identityOf(name));
  const made = `${name} was made with the server ${url}`;
  if (isForeignServer)
    throw new CommandError(
      `${made}, and no model here gives the same vectors. Search it with ` +
        `\`embeddinggemma search --store ${quoted(name)}\`, which asks that server.`,
    );
  if (model === undefined)
    throw new CommandError(
      `${made}, which ran a model from a folder. Add --model-id <folder>` +
        `${dtype === undefined ? "" : ` --dtype ${dtype}`}, with a copy of that folder.`,
    );
  return defined({ model, revision: commit, dtype });
}

async function identityOf(store: string): Promise<unknown> {
  const opened = await openStore(store, resolve(store));
  const { identity } = opened;
  await opened.close();
  return identity;
}

/** Whether the flags of the server name one, in place of that of the store. */
function hasAdapter({ args }: Command): boolean {
  return args.some((argument) => /^--adapter(=|$)/.test(argument));
}
