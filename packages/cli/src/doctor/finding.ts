import type { ModelCache } from "@embeddinggemma/core";
import type { ModelFlags } from "../model/model-options.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { Application } from "./application.ts";

/** What a check has found. */
export interface Finding {
  /**
   * `fine`, `warning`: works, but not as well as it could; `problem`: does not work; `untried`: not
   * looked at, because of another problem.
   */
  readonly status: "fine" | "warning" | "problem" | "untried";
  /** What is so, in a line. */
  readonly summary: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** What checks look at. */
export interface Surroundings {
  readonly application: Application;
  readonly flags: ModelFlags;
  /** Null if it cannot be read, which only the check of the cache reports. */
  readonly cache: ModelCache | null;
  /** Whether the command line names the model, which may be downloaded then. */
  readonly isModelGiven: boolean;
  /** Whether the model needs no download. */
  readonly hasModel: boolean;
  /** Checks that have found a problem so far. */
  readonly problems: ReadonlySet<string>;
  readonly terminal: Terminal;
}

/** Looks at one thing. What it throws is a problem, too. */
export type Check = (surroundings: Surroundings) => Promise<Finding> | Finding;

export function fine(summary: string): Finding {
  return { status: "fine", summary };
}

export function warning(summary: string, advice: string): Finding {
  return { status: "warning", summary, advice };
}

export function problem(summary: string, advice?: string): Finding {
  return { status: "problem", summary, ...(advice && { advice }) };
}

export function untried(summary: string): Finding {
  return { status: "untried", summary };
}
