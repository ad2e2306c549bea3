import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { defined } from "@embeddinggemma/internal";
import type { DocumentRecord } from "@embeddinggemma/langchain";
import type { DocumentText, Metadata } from "../documents/document-text.ts";
import { kindOf } from "../documents/file-kinds.ts";
import { readDocument } from "../documents/read-document.ts";
import {
  type ChunkSettings,
  type SplitOptions,
  splitDocument,
} from "../documents/split-document.ts";
import { fileFailure } from "../failures/file-failure.ts";

/** Increase it when other chunks are made of the same files. */
const chunksVersion = 4;

/** Titles are part of every chunk's prompt. */
const maxTitleLength = 200;

/** A file to index. */
export interface SourceFile {
  readonly path: string;
  /** Its name in the store. */
  readonly source: string;
  readonly bytes: number;
  /** Whether this run or one before has named it, and not only a folder above it. */
  readonly isNamed: boolean;
}

/** A file that was read. */
export interface ReadFile extends SourceFile {
  readonly content: Uint8Array;
  readonly document: DocumentText;
}

/** A file with its chunks. */
export interface ChunkedFile extends SourceFile {
  readonly digest: string;
  readonly chunks: readonly Chunk[];
  /** What is wrong with it, although it has chunks. */
  readonly fault: string | undefined;
}

/** An item of the store, before its vector is known. */
export interface Chunk {
  readonly id: string;
  readonly record: DocumentRecord;
}

/**
 * Digest of a file's content and of how it becomes chunks: the same digest, the same chunks. Line
 * ends of Windows, which Git can make, are those of others.
 */
export function digestOf(
  path: string,
  content: Uint8Array,
  { tokens, overlap }: ChunkSettings,
): string {
  const text = kindOf(path) === "pdf" ? content : withoutReturns(content);
  return hash(JSON.stringify([chunksVersion, tokens, overlap]), text);
}

function withoutReturns(content: Uint8Array): Uint8Array {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (!bytes.includes("\r\n")) return content;
  return Buffer.from(bytes.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
}

/**
 * Reads a file.
 *
 * @throws Error that says why it cannot be read
 */
export async function readSource(file: SourceFile): Promise<ReadFile> {
  const content = await readFile(file.path).catch((error: unknown) => {
    throw new Error(`It cannot be read: ${fileFailure(error)}.`, { cause: error });
  });
  return { ...file, content, document: await readDocument(file.path, content) };
}

/** Splits a file. The same text in the same file has the same id, in every run. */
export async function chunkSource(
  { content, document, ...file }: ReadFile,
  options: SplitOptions,
): Promise<ChunkedFile> {
  const { path, source } = file;
  const title = document.title?.slice(0, maxTitleLength);
  const own = ownMetadata(document);
  const counts = new Map<string, number>();
  const split = await splitDocument(path, document, options);
  const chunks = split.map(({ text, page, lines }) => {
    const key = JSON.stringify(own ? [title, page, text, own] : [title, page, text]);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const metadata = defined({
      ...{ source, title, page, loc: lines && { lines: { ...lines } } },
      ...own,
    });
    const id = `${source}#${hash(`${key}${count}`).slice(0, 16)}`;
    return { id, record: { pageContent: text, metadata } as DocumentRecord };
  });
  const digest = digestOf(path, content, options.settings);
  return { ...file, digest, chunks, fault: document.fault };
}

/** What the file says of itself, except under the keys that say where a chunk is. */
function ownMetadata({ metadata = {} }: DocumentText): Metadata | undefined {
  const own = Object.entries(metadata).filter(([key]) => !placeKeys.has(key));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

const placeKeys: ReadonlySet<string> = new Set(["source", "title", "page", "loc"]);

function hash(...parts: (string | Uint8Array)[]): string {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest("hex").slice(0, 32);
}
