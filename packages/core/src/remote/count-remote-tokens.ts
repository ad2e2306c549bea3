import { withRow } from "../encoding/refused-text.ts";
import type { PreparedText } from "../encoding/tokenize.ts";
import type { RemoteClient } from "./remote-client.ts";

/**
 * Characters of a text, by token of the model's limit, up to which the server counts it as a whole.
 * Servers refuse to tokenize texts of more than 250.
 */
const wholeCharacters = 100;

export type TokenCount = Pick<Required<PreparedText>, "fullLength" | "specialTokens">;

/**
 * Counts the tokens of texts, special tokens included, by asking the server. A text that is many
 * times too long is cut into pieces at spaces, which may change the number by a few tokens.
 *
 * @param maxTokens - maximum length of an input
 * @throws the errors of `RemoteClient.tokenize`
 */
export async function countRemoteTokens(
  client: RemoteClient,
  texts: readonly string[],
  maxTokens: number,
  signal: AbortSignal | undefined,
): Promise<TokenCount[]> {
  const pieces = texts.map((text) => piecesOf(text, wholeCharacters * maxTokens));
  const textOf = pieces.flatMap((ofText, text) => ofText.map(() => text));
  const tokens = await client.tokenize(pieces.flat(), { signal }).catch((error: unknown) => {
    throw withRow(error, (piece) => textOf[piece]!);
  });
  let next = 0;
  return pieces.map(({ length }) => {
    const [first, ...others] = tokens.slice(next, next + length);
    next += length;
    const ownTokens = others.map((piece) => piece.filter(({ special }) => !special).length);
    return {
      fullLength: first!.length + ownTokens.reduce((sum, count) => sum + count, 0),
      specialTokens: first!.filter(({ special }) => special).length,
    };
  });
}

function piecesOf(text: string, maxLength: number): string[] {
  const pieces: string[] = [];
  let start = 0;
  while (text.length - start > maxLength) {
    const space = text.lastIndexOf(" ", start + maxLength);
    const end = space > start ? space : start + maxLength;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return [...pieces, text.slice(start)];
}
