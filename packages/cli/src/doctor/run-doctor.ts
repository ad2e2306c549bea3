import { statSync } from "node:fs";
import { type ModelCache, scanModelCache } from "@embeddinggemma/core";
import { CommandError } from "../failures/command-error.ts";
import { CommandExit } from "../failures/command-exit.ts";
import { exitCodes } from "../failures/exit-codes.ts";
import { explainFailure } from "../failures/explain-failure.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { countOf } from "../terminal/count-of.ts";
import { clearLine } from "../terminal/progress.ts";
import { note, print, type Terminal } from "../terminal/terminal.ts";
import { findApplication } from "./application.ts";
import { checkCache } from "./checks/cache.ts";
import { checkFaissAddon } from "./checks/faiss-addon.ts";
import { checkGpu } from "./checks/gpu.ts";
import { checkHubAccess } from "./checks/hub.ts";
import { checkMemory } from "./checks/memory.ts";
import { checkModel } from "./checks/model.ts";
import { checkNodeVersion } from "./checks/node-version.ts";
import { checkPackages } from "./checks/packages.ts";
import { checkRuntime } from "./checks/runtime.ts";
import { checkSystem } from "./checks/system.ts";
import { needsNoDownload } from "./chosen-model.ts";
import { type Check, type Finding, problem, type Surroundings } from "./finding.ts";

export interface DoctorFlags extends ModelFlags {
  json?: boolean;
}

/** What is checked, in this order. */
const checks = {
  node: checkNodeVersion,
  system: checkSystem,
  memory: checkMemory,
  packages: checkPackages,
  runtime: checkRuntime,
  faiss: checkFaissAddon,
  gpu: checkGpu,
  hub: checkHubAccess,
  cache: checkCache,
  model: checkModel,
} as const satisfies Record<string, Check>;

/**
 * Checks what embedding and searching need here, and prints what is wrong and what to do.
 *
 * @param isModelGiven - whether the command line names the model, which may be downloaded then
 * @throws CommandExit if there are problems; CommandError if there is no such folder
 */
export async function runDoctor(
  folder: string,
  { json, ...flags }: DoctorFlags,
  isModelGiven: boolean,
  terminal: Terminal,
): Promise<void> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new CommandError(`There is no folder ${folder}.`);
  const problems = new Set<string>();
  const seen = await lookAround(folder, flags, terminal);
  const surroundings = { ...seen, isModelGiven, problems };
  const findings: ({ check: string } & Finding)[] = [];
  for (const [check, look] of Object.entries(checks)) {
    if (terminal.interactive) terminal.errors.write(`… ${check}`);
    const finding = await runCheck(look, surroundings);
    if (terminal.interactive) terminal.errors.write(clearLine);
    findings.push({ check, ...finding });
    if (finding.status === "problem") problems.add(check);
    if (!json) show(finding, terminal);
  }
  if (json) print(terminal, JSON.stringify(findings, null, 2));
  note(terminal, summaryOf(findings));
  if (problems.size > 0) throw new CommandExit(exitCodes.failed);
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (wanted: Finding["status"]) => {
    const number = findings.filter(({ status }) => status === wanted).length;
    return number === 0 ? `no ${wanted}s` : countOf(number, wanted);
  };
  return `Found ${count("problem")} and ${count("warning")}.`;
}

async function lookAround(
  folder: string,
  flags: ModelFlags,
  terminal: Terminal,
): Promise<Omit<Surroundings, "isModelGiven" | "problems">> {
  const cache: ModelCache | null = await scanModelCache({ cacheDir: flags.cacheDir }).catch(
    () => null,
  );
  const hasModel = needsNoDownload(flags, cache);
  return { application: findApplication(folder), flags, cache, hasModel, terminal };
}

async function runCheck(look: Check, surroundings: Surroundings): Promise<Finding> {
  try {
    return await look(surroundings);
  } catch (error) {
    surroundings.terminal.signal.throwIfAborted();
    const { reason, advice } = explainFailure(error);
    return problem(reason, advice);
  }
}

const marks = { fine: "✔", warning: "!", problem: "✖", untried: "–" } as const;
const colors = { fine: "green", warning: "yellow", problem: "red", untried: "dim" } as const;

function show({ status, summary, advice }: Finding, terminal: Terminal): void {
  print(terminal, `${terminal.colors[colors[status]](marks[status])} ${summary}`);
  if (advice) print(terminal, `  ${terminal.colors.dim("→")} ${advice}`);
}
