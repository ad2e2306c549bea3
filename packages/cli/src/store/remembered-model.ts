import { defined } from "@embeddinggemma/internal";
import type { ModelFlags } from "../model/model-options.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import { nameOfModel } from "./model-of-store.ts";

/** What the user has given to a run. */
export interface Given {
  /** Whether the command line names a model or a server. */
  readonly model: boolean;
  /** Whether it names an adapter, or none. */
  readonly adapter: boolean;
  /** Whether a server replaces the model of the store, or the reverse. */
  readonly remember: boolean;
}

/**
 * What a store remembers after a run: what the run was given, and else what is saved, which another
 * run may have changed meanwhile. A model stays, although the run embeds with a server, and the
 * reverse: both are the same for the vectors, but others who use the store may not reach the
 * server, or have the model.
 *
 * @param saved - undefined for a new store
 * @param used - the flags that load the model of the run again
 */
export function rememberedModel(
  saved: ModelFlags | undefined,
  used: ModelFlags,
  given: Given,
): ModelFlags {
  if (!saved) return used;
  const replaces = given.model && (given.remember || isServer(saved) === isServer(used));
  const { adapter } = given.adapter ? used : saved;
  return defined({ ...(replaces ? used : saved), adapter });
}

/** Says what a store remembers now, if that has changed, or if it is not what the run used. */
export function noteRemembered(
  { before, now, used }: Readonly<Record<"before" | "now" | "used", ModelFlags>>,
  terminal: Terminal,
): void {
  const [old, current] = [describe(before), describe(now)];
  if (old !== current) {
    const message = `The store now remembers ${current} (before: ${old}). Later searches use it.`;
    note(terminal, message);
  }
  if (isServer(now) === isServer(used)) return;
  const kept = old === current ? current : describe({ ...now, adapter: undefined });
  const other = describe({ ...used, adapter: undefined });
  note(terminal, `The store still remembers ${kept}. To replace it with ${other}, add --remember.`);
}

function isServer({ url }: ModelFlags): boolean {
  return url !== undefined;
}

function describe(flags: ModelFlags): string {
  const maker = `the ${isServer(flags) ? "server" : "model"} ${nameOfModel(flags)}`;
  return flags.adapter ? `${maker} with the adapter ${flags.adapter}` : maker;
}
