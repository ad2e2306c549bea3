import { defined } from "@embeddinggemma/internal";
import type { ModelFlags } from "../model/model-options.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import { nameOfModel } from "./model-of-store.ts";

/**
 * What a store remembers after a run with another model, server or adapter. A model stays, although
 * the run embeds with a server, and the reverse: both are the same for the vectors, but others who
 * use the store may not reach the server, or have the model.
 *
 * @param before - undefined for a new store
 * @param given - the flags of the run that load the model again
 * @param replace - whether the user wants it to be replaced all the same
 */
export function rememberedModel(
  before: ModelFlags | undefined,
  given: ModelFlags,
  replace: boolean,
): ModelFlags {
  if (!before || replace || isServer(before) === isServer(given)) return given;
  return defined({ ...before, adapter: given.adapter });
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
  } else if (isServer(now) !== isServer(used)) {
    const other = describe({ ...used, adapter: undefined });
    note(
      terminal,
      `The store still remembers ${current}. To replace it with ${other}, add --remember.`,
    );
  }
}

function isServer({ url }: ModelFlags): boolean {
  return url !== undefined;
}

function describe(flags: ModelFlags): string {
  const maker = `the ${isServer(flags) ? "server" : "model"} ${nameOfModel(flags)}`;
  return flags.adapter ? `${maker} with the adapter ${flags.adapter}` : maker;
}
