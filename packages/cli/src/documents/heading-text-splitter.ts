import {
  RecursiveCharacterTextSplitter,
  type RecursiveCharacterTextSplitterParams,
} from "@langchain/textsplitters";

/**
 * Splits Markdown at its headings, paragraphs, lines and words. It cuts no heading from what
 * follows, as LangChain's splitter does if the next paragraph does not fit into the same chunk.
 */
export class HeadingTextSplitter extends RecursiveCharacterTextSplitter {
  /** Takes the place of line ends where the text must not be split. */
  #glue = "";

  constructor(options: Partial<RecursiveCharacterTextSplitterParams>) {
    const separators = RecursiveCharacterTextSplitter.getSeparatorsForLanguage("markdown");
    super({ ...options, separators });
    const { lengthFunction } = this;
    this.lengthFunction = async (text) => lengthFunction(this.#unglued(text));
  }

  override async splitText(text: string): Promise<string[]> {
    this.#glue = unusedCharacter(text);
    const glued = text.replace(headings, (heading) => heading.replaceAll("\n", this.#glue));
    const chunks = await super.splitText(glued);
    return chunks.map((chunk) => this.#unglued(chunk).trim());
  }

  #unglued(text: string): string {
    return text.replaceAll(this.#glue, "\n");
  }
}

/** One or more headings in a row, and the white space up to what follows. */
const headings = /(?:^ {0,3}(?:#{1,6}[ \t].*|[^\s#].*\n(?:=+|-{2,})[ \t]*)\n\s*)+(?=\S)/gm;

/** A character for private use, such as no text should have; some have one nevertheless. */
function unusedCharacter(text: string): string {
  let code = 0xe000;
  while (text.includes(String.fromCharCode(code))) code++;
  return String.fromCharCode(code);
}
