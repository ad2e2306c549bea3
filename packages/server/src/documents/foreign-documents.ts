import { indexSettingsName, isRecord } from "@embeddinggemma/internal";

/**
 * Who has made the documents of a store, other than a `DocumentIndex`. `"unknown"`: they have no
 * field `text`.
 */
export type ForeignOwner = "LangChain.js" | "LlamaIndex.TS" | "embeddinggemma index" | "unknown";

/**
 * Whose documents a store has, as the first one shows. A document of this package among those of
 * another program would not be one for it.
 *
 * @returns undefined for documents of this package, and for an empty store
 */
export function ownerOf(store: Iterable<{ readonly record: unknown }>): ForeignOwner | undefined {
  const [first] = store;
  if (first === undefined) return undefined;
  const form = formOf(first.record);
  return form === undefined ? "unknown" : form.owner;
}

/** Who keeps the documents in a folder up to date, whatever they are; undefined if nobody does. */
export async function ownerOfFolder(folder: string): Promise<ForeignOwner | undefined> {
  // Not imported by applications that have no store.
  const { isFile } = await import("@embeddinggemma/internal/node");
  const isIndexed = await isFile(`${folder}/${indexSettingsName}`);
  return isIndexed ? "embeddinggemma index" : undefined;
}

/** Why documents are not changed here, as a sentence. */
export function whyReadOnly(owner: ForeignOwner): string {
  switch (owner) {
    case "unknown":
      return "Its documents have no field `text`.";
    case "embeddinggemma index":
      return "Its documents are kept by `embeddinggemma index`.";
    default:
      return `Its documents are those of ${owner}.`;
  }
}

/** The text of a record; "" if nobody knows which field has it. */
export function textOf(record: unknown): string {
  return (formOf(record)?.text(record as Fields) as string | undefined) ?? "";
}

/**
 * What a record says beside its text: the fields of a document, without its id; the metadata of a
 * document of another program.
 */
export function fieldsOf(record: unknown): Fields {
  const fields = formOf(record)?.fields(record as Fields);
  return isRecord(fields) ? fields : {};
}

type Fields = Readonly<Record<string, unknown>>;

/** A form of records. */
interface RecordForm {
  /** Who else makes such records. */
  readonly owner?: ForeignOwner;
  /** The text of a record. In a record of another form, it is no string. */
  readonly text: (record: Fields) => unknown;
  /** What else the record says, as an object. */
  readonly fields: (record: Fields) => unknown;
}

const forms: readonly RecordForm[] = [
  {
    text: ({ text }) => text,
    fields: ({ id: _, text: __, ...fields }) => fields,
  },
  {
    owner: "LangChain.js",
    text: ({ pageContent }) => pageContent,
    fields: ({ metadata }) => metadata,
  },
  {
    owner: "LlamaIndex.TS",
    text: ({ node }) => (isRecord(node) ? node.text : undefined),
    fields: ({ node }) => (isRecord(node) ? node.metadata : undefined),
  },
];

function formOf(record: unknown): RecordForm | undefined {
  if (!isRecord(record)) return undefined;
  return forms.find(({ text }) => typeof text(record) === "string");
}
