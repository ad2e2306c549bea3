import type { Command } from "commander";
import { CommandError, PartlyDoneError } from "../failures/command-error.ts";
import { CommandExit } from "../failures/command-exit.ts";
import { exitCodes } from "../failures/exit-codes.ts";
import { isAbort } from "../failures/is-abort.ts";
import { isGiven, isModelGiven, type ModelFlags } from "../model/model-options.ts";
import { checkFlags } from "../store/check-flags.ts";
import { modelFlagsFor } from "../store/model-of-store.ts";
import { openStoreEmbedder } from "../store/open-store-embedder.ts";
import { noteRemembered } from "../store/remembered-model.ts";
import { countOf } from "../terminal/count-of.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import { noteGone } from "./note-gone.ts";
import { noteMoved } from "./note-moved.ts";
import { noteUnreadable } from "./note-unreadable.ts";
import { openWriter } from "./open-writer.ts";
import { warnOfUnmatched } from "./patterns.ts";
import { makePlan, type Plan, type PlanFlags } from "./plan.ts";
import { report } from "./report.ts";
import { type Result, runPlan } from "./run-plan.ts";
import { OtherRootError } from "./store-writer.ts";

export interface IndexFlags extends ModelFlags, PlanFlags {
  json?: boolean;
  /** Whether the store remembers a server in place of its model, or the reverse. */
  remember?: boolean;
}

/** Makes the store the image of files and folders: embeds what is new, removes what is gone. */
export async function indexFiles(
  paths: readonly string[],
  flags: IndexFlags,
  command: Command,
  terminal: Terminal,
): Promise<void> {
  try {
    await indexOnce(paths, flags, command, terminal);
  } catch (error) {
    if (!(error instanceof OtherRootError) || terminal.signal.aborted) throw error;
    note(terminal, `Another run has made ${flags.store} meanwhile. Your files are added to it.`);
    await indexOnce(paths, flags, command, terminal);
  }
}

async function indexOnce(
  paths: readonly string[],
  {
    store,
    root,
    chunkTokens,
    chunkOverlap,
    include,
    exclude,
    ignore,
    json,
    remember,
    ...model
  }: IndexFlags,
  command: Command,
  terminal: Terminal,
): Promise<void> {
  if (remember && !isModelGiven(command))
    command.error("error: --remember needs --model or --url.");
  const selection = { store, root, chunkTokens, chunkOverlap, include, exclude, ignore };
  const plan = await makePlan(paths, selection, command);
  noteMoved(plan, terminal);
  warnOfUnmatched(plan.unmatched, terminal);
  noteUnreadable(plan.changes.unreadable, terminal);
  noteGone(plan, terminal);
  const { settings } = plan.saved;
  const given = {
    model: isModelGiven(command),
    adapter: isGiven(command, "adapter"),
    remember: remember === true,
  };
  const hasModel = given.model || given.adapter;
  const flags = modelFlagsFor(command, model, settings, terminal);
  if (plan.saved.store) checkFlags(plan.saved.store, { name: store, settings, flags, command });
  const needsModel = plan.work.length > 0 || !settings || hasModel;
  const open = () => openStoreEmbedder(plan.saved.store, flags, model, terminal);
  await using embedder = needsModel ? await open() : undefined;
  const writer = await openWriter(plan, { embedder, flags, given });
  const result = await runPlan(plan, writer, embedder, terminal);
  if (settings && hasModel)
    noteRemembered({ before: settings.model, now: writer.model, used: flags }, terminal);
  await report(plan, writer.store, result, json, terminal);
  throwFailure(plan, result, terminal);
}

function throwFailure({ changes }: Plan, { failure, tally }: Result, { signal }: Terminal): void {
  if (failure && isAbort(failure.error, signal)) throw new CommandExit(exitCodes.interrupted);
  if (failure) throw failure.error;
  const counts = { file: tally.failures.length, folder: changes.unreadable.length };
  const failed = Object.entries(counts).filter(([, count]) => count > 0);
  if (failed.length === 0) return;
  const what = failed.map(([name, count]) => countOf(count, name)).join(" and ");
  const isDone = tally.finished.size + changes.unchanged.length + tally.removed > 0;
  throw new (isDone ? PartlyDoneError : CommandError)(`${what} could not be read.`);
}
