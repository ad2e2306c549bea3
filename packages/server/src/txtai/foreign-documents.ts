import { indexSettingsName, isRecord } from "@embeddinggemma/internal";

/**
 * Whose documents a store has, if they are not those of this package, as the first one shows. A
 * document of this package among them would not be one for the program that made them.
 *
 * @returns the end of a sentence that begins with "its documents"; undefined for documents of this
 * package, and for an empty store
 */
export function foreignDocuments(
  store: Iterable<{ readonly record: unknown }>,
): string | undefined {
  const [first] = store;
  if (first === undefined) return undefined;
  const form = formOf(first.record);
  if (form === undefined) return "have no field `text`";
  return form.owner === undefined ? undefined : `are those of ${form.owner}`;
}

/**
 * Which program keeps the documents in a folder, whatever they are.
 *
 * @returns as {@link foreignDocuments}; undefined if there is none
 */
export async function keeperOf(folder: string): Promise<string | undefined> {
  // Not imported by applications that have no store.
  const { isFile } = await import("@embeddinggemma/internal/node");
  const isIndexed = await isFile(`${folder}/${indexSettingsName}`);
  return isIndexed ? "are kept by `embeddinggemma index`" : undefined;
}

/** The text of a record; "" if nobody knows which field has it. */
export function textOf(record: unknown): string {
  return (formOf(record)?.text(record as Fields) as string | undefined) ?? "";
}

type Fields = Readonly<Record<string, unknown>>;

/** A form of records. */
interface RecordForm {
  /** Who else makes such records. */
  readonly owner?: string;
  /** The text of a record. In a record of another form, it is no string. */
  readonly text: (record: Fields) => unknown;
}

const forms: readonly RecordForm[] = [
  { text: ({ text }) => text },
  { owner: "LangChain.js", text: ({ pageContent }) => pageContent },
  { owner: "LlamaIndex.TS", text: ({ node }) => (isRecord(node) ? node.text : undefined) },
];

function formOf(record: unknown): RecordForm | undefined {
  if (!isRecord(record)) return undefined;
  return forms.find(({ text }) => typeof text(record) === "string");
}
