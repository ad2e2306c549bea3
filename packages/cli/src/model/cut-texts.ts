import type { Truncation } from "@embeddinggemma/core";
import { countOf } from "../terminal/count-of.ts";
import { note, type Terminal } from "../terminal/terminal.ts";

/** How many places a note names. */
const mostPlaces = 5;

/** Texts that are longer than what the model reads at once. */
export class CutTexts {
  readonly #placeOf: (index: number) => string | undefined;
  readonly #places: string[] = [];
  #maxTokens = 0;
  #count = 0;

  /** @param placeOf - where a text stands, by its index in a call */
  constructor(placeOf: (index: number) => string | undefined = () => undefined) {
    this.#placeOf = placeOf;
  }

  /** For the embedder. */
  readonly onTruncate = ({ index, maxTokens }: Truncation): void => {
    this.#count += 1;
    this.#maxTokens = maxTokens;
    const place = this.#places.length <= mostPlaces ? this.#placeOf(index) : undefined;
    if (place !== undefined) this.#places.push(place);
  };

  /**
   * Says that texts were cut, if any were.
   *
   * @param total - the number of all texts; undefined if texts were embedded more than once
   */
  note(total: number | undefined, terminal: Terminal): void {
    if (this.#count === 0) return;
    const verb = total !== undefined && this.#count === 1 ? "was" : "were";
    const texts =
      total === undefined
        ? "Some texts"
        : `${this.#count.toLocaleString("en")} of ${countOf(total, "text")}`;
    const limit = `${this.#maxTokens.toLocaleString("en")} tokens`;
    const named = this.#places.slice(0, mostPlaces).join(", ");
    const more = this.#places.length > mostPlaces ? ", …" : ".";
    const places = named === "" ? "." : `: ${named}${more}`;
    note(terminal, `${texts} ${verb} longer than ${limit}, and ${verb} cut${places}`);
  }
}
