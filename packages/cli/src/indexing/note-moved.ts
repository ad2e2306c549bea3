import { isAbsolute, resolve } from "node:path";
import { escapeControls } from "@embeddinggemma/internal";
import { note, type Terminal } from "../terminal/terminal.ts";
import type { Plan } from "./plan.ts";

/** Says that a store has moved and its sources now mean files elsewhere: are they the same ones? */
export function noteMoved({ saved }: Plan, terminal: Terminal): void {
  const { root, hasMoved, settings } = saved;
  if (!hasMoved || settings?.folder === undefined) return;
  const before = resolve(settings.folder, settings.root);
  const source = Object.keys(settings.files).find((source) => !isAbsolute(source));
  if (root === before || source === undefined) return;
  const [name] = source.split("/") as [string];
  const [now, then] = [resolve(root, name), resolve(before, name)];
  const message = `The store was moved: \`${name}\` now means ${now}, not ${then}.`;
  note(terminal, escapeControls(message));
}
