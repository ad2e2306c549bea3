import { resolve } from "node:path";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import type { Command } from "commander";
import { CommandError } from "../failures/command-error.ts";
import { CutTexts } from "../model/cut-texts.ts";
import type { ModelFlags } from "../model/model-options.ts";
import { checkEmbedder } from "../store/check-embedder.ts";
import { checkFlags } from "../store/check-flags.ts";
import { checkRecords } from "../store/check-records.ts";
import { modelFlagsFor } from "../store/model-of-store.ts";
import { openStore } from "../store/open-store.ts";
import { openStoreEmbedder } from "../store/open-store-embedder.ts";
import { refuseFile } from "../store/refuse-file.ts";
import { requireStore } from "../store/store-folder.ts";
import { readSettings } from "../store/store-settings.ts";
import { textOrInput } from "../terminal/read-input.ts";
import { note, type Terminal } from "../terminal/terminal.ts";
import { aboutStar, type ChunkFilter, literalStars } from "./filter-flag.ts";
import { printHits } from "./print-hits.ts";
import { faultOfNegation, unknownKey, whyFilterMatchesNothing } from "./why-nothing.ts";

export interface SearchFlags extends ModelFlags {
  store: string;
  count: number;
  minScore?: number;
  filter?: ChunkFilter[];
  json?: boolean;
}

/** Prints the chunks of a store that are most similar to a query. */
export async function searchStore(
  query: string,
  { store: storeName, count, minScore, filter, json, ...modelFlags }: SearchFlags,
  command: Command,
  terminal: Terminal,
): Promise<void> {
  const { signal } = terminal;
  const folder = resolve(storeName);
  await refuseFile(storeName);
  await requireStore(storeName, folder);
  const words = (await textOrInput(query, "the query", terminal)).trim();
  if (words === "") throw new CommandError("The query is empty. Say what to look for.");

  const filters = filter?.map((one) => one.filter) ?? [];
  for (const star of literalStars(filters)) note(terminal, aboutStar(star));
  const store = await openStore(storeName, folder);
  checkRecords(store, storeName);
  const settings = await readSettings(folder);
  const flags = modelFlagsFor(command, modelFlags, settings, terminal);
  checkFlags(store, { name: storeName, settings, flags, command });
  const cutTexts = new CutTexts(() => "the query");
  await using embedder = await openStoreEmbedder(store, flags, modelFlags, terminal, cutTexts);
  checkEmbedder(store, embedder, { settings, flags });
  const vector = await embedder.encodeQuery(words, { signal });
  const matches = ({ metadata }: DocumentRecord) =>
    filter!.every((one) => one.matches(metadata ?? {}));
  const find = (minScore?: number) =>
    store.search(vector, { k: count, minScore, filter: filter && matches });
  const hits = await find(minScore);
  cutTexts.note(1, terminal);
  printHits(hits, json, terminal);
  if (hits.length > 0) {
    const fault = unknownKey(filters, store) ?? faultOfNegation(filter ?? [], store);
    if (fault !== undefined) note(terminal, fault);
    return;
  }
  const isFiltered = filter && (minScore === undefined || (await find()).length === 0);
  note(terminal, isFiltered ? whyFilterMatchesNothing(store, filters) : "Nothing was found.");
}
