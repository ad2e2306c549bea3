import { Pacer } from "@embeddinggemma/internal";
import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";
import type { DocumentText } from "./document-text.ts";
import { kindOf } from "./file-kinds.ts";
import { HeadingTextSplitter } from "./heading-text-splitter.ts";

/** How texts are split. */
export interface ChunkSettings {
  /** Most tokens of a chunk. */
  readonly tokens: number;
  /** Most tokens that a chunk shares with the one before it. */
  readonly overlap: number;
}

/** Counts the tokens of a text, without prompt. */
type CountTokens = (text: string) => number | Promise<number>;

/** What a split needs. */
export interface SplitOptions {
  readonly settings: ChunkSettings;
  readonly countTokens: CountTokens;
  readonly signal: AbortSignal;
}

/** A piece of a document. */
export interface DocumentChunk {
  readonly text: string;
  /** Number of the page of a PDF, from 1. */
  readonly page?: number | undefined;
  /** First and last line in the file, from 1. A PDF or a web page has none. */
  readonly lines?: { readonly from: number; readonly to: number } | undefined;
}

/**
 * Splits a document at its headings, paragraphs, lines and words. A heading stays with the text
 * below it. A chunk is part of one page. A page that fits is one chunk.
 */
export async function splitDocument(
  path: string,
  { parts }: DocumentText,
  { settings, countTokens, signal }: SplitOptions,
): Promise<DocumentChunk[]> {
  const kind = kindOf(path);
  const pacer = new Pacer();
  // The splitter asks for the same pieces again when it joins them. A server would be asked, too.
  const counts = new Map<string, number>();
  const lengthOf = async (text: string) => {
    if (pacer.due) await pacer.pause();
    signal.throwIfAborted();
    const count = counts.get(text) ?? (await countTokens(text));
    counts.set(text, count);
    return count;
  };
  // Its pieces need not be counted, either.
  const fits = async (text: string) =>
    text.length <= settings.tokens * mostCharacters && (await lengthOf(text)) <= settings.tokens;
  const options = {
    chunkSize: settings.tokens,
    chunkOverlap: settings.overlap,
    lengthFunction: lengthOf,
  };
  const whole = new RecursiveCharacterTextSplitter({ ...options, lengthFunction: () => 0 });
  const splitter =
    kind === "markdown" || kind === "html"
      ? new HeadingTextSplitter(options)
      : new RecursiveCharacterTextSplitter(options);
  const hasLines = kind !== "html" && kind !== "pdf";
  const chunks: DocumentChunk[] = [];
  for (const { text, page } of parts) {
    const chosen = (await fits(text)) ? whole : splitter;
    for (const { pageContent, metadata } of await chosen.createDocuments([text])) {
      const lines = hasLines ? (metadata.loc as Pick<DocumentChunk, "lines">).lines : undefined;
      chunks.push({ text: pageContent, page, lines });
    }
  }
  return chunks;
}

/** Of a token, in texts that can fit. */
const mostCharacters = 16;
