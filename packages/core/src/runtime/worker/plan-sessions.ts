/** How many sessions run a model, each in a process of its own: that many, or what fits. */
export type Workers = number | "auto";

/** What a plan depends on. */
export interface Resources {
  /** Cores that this process may use. */
  readonly cores: number;
  /** Memory that is free, in bytes. */
  readonly freeMemory: number;
  /** Memory that one session needs, in bytes. */
  readonly sessionMemory: number;
  /** The number of threads of each session, if the caller has chosen it. */
  readonly threads?: number | undefined;
}

/** The sessions of a pool. A number of threads that is undefined is left to ONNX Runtime. */
export interface SessionPlan {
  /** Threads of each session that runs batches beside the others. */
  readonly narrow: readonly (number | undefined)[];
  /**
   * Whether there is one more session, with threads for all cores. It runs a batch that is alone,
   * so that a single query takes no longer than with one session.
   */
  readonly hasWide: boolean;
}

/** More threads than this add little to the speed of one session. */
const coresPerSession = 4;

/**
 * Decides how many sessions run a model, and shares out the cores.
 *
 * With `"auto"`, it is one session for every four cores, if they fit into the free memory. Below
 * eight cores, a second session gains little: on two, it embedded texts 5 to 16 per cent faster,
 * while a query took 1.6 times as long (`node test/bench/workers.mjs`).
 */
export function planSessions(workers: Workers, resources: Resources): SessionPlan {
  const { cores, threads } = resources;
  if (workers === "auto") return planFor(resources);
  const share = workers === 1 ? undefined : Math.max(1, Math.floor(cores / workers));
  return { narrow: Array(workers).fill(threads ?? share), hasWide: false };
}

function planFor({ cores, freeMemory, sessionMemory, threads }: Resources): SessionPlan {
  // With a given number of threads, a wide session would be like the others.
  const hasWide = threads === undefined;
  const fitting = Math.floor(freeMemory / sessionMemory) - (hasWide ? 1 : 0);
  const wanted = Math.floor(cores / Math.max(coresPerSession, threads ?? 0));
  const count = Math.min(wanted, fitting);
  if (!(count > 1)) return { narrow: [threads], hasWide: false };
  return { narrow: Array(count).fill(threads ?? Math.floor(cores / count)), hasWide };
}
